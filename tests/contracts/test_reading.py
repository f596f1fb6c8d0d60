"""Readers: strict about types, kind to what is newer."""

import json
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from contracts.documents import value_of
from contracts.event import EventData, event_types
from contracts.reading import OTHER, reader_for
from contracts.referral.v1 import ContactMade, GoalSet, ReferralCreated

ALL = sorted(event_types().items())


def read(model: type[BaseModel], **changes: object) -> dict[str, object]:
    """The example of ``model``, changed, as its reader reads it."""
    value = json.loads(value_of(model).model_dump_json()) if issubclass(model, EventData) else {}
    value.update(changes)
    (found,) = reader_for(model).validate_json(b"[" + json.dumps(value).encode() + b"]")
    return found


@pytest.mark.parametrize(("name", "model"), ALL, ids=[name for name, _ in ALL])
def test_a_reader_reads_what_the_model_writes(name: str, model: type[EventData]):
    event = value_of(model)
    one = event.model_dump_json().encode()
    assert (
        reader_for(model).validate_json(b"[" + b",".join([one] * 3) + b"]")
        == [event.model_dump()] * 3
    )


@pytest.mark.parametrize(("name", "model"), ALL, ids=[name for name, _ in ALL])
def test_fields_of_the_future_are_passed_over(name: str, model: type[EventData]):
    assert "colour" not in read(model, colour="green", shape={"deep": [1, {"x": None}]})


def test_codes_of_the_future_are_read_as_other():
    assert read(ContactMade, mode="pigeon")["mode"] == OTHER
    assert read(ReferralCreated, needs=["isolation", "a-new-need"])["needs"] == ["isolation", OTHER]
    assert read(GoalSet, need="a-new-need")["need"] == OTHER


def test_every_coded_field_of_every_event_opens():
    opened = 0
    for _, model in ALL:
        for name, schema in model.model_json_schema()["properties"].items():
            parts = [schema, *schema.get("anyOf", []), schema.get("items", {})]
            if not any("enum" in part or "const" in part for part in parts):
                continue
            code: object = ["from-the-future"] if "items" in schema else "from-the-future"
            assert read(model, **{name: code})[name] in (OTHER, [OTHER])
            opened += 1
    assert opened > 20


def test_nothing_stays_nothing():
    assert read(GoalSet, need=None, target_date=None)["need"] is None


def test_ids_days_and_moments_come_as_what_they_are():
    goal = read(GoalSet)
    contact = read(ContactMade, referred_at="2026-03-02T10:30:00+01:00")
    assert isinstance(goal["goal_id"], UUID)
    assert goal["target_date"] == date(2026, 6, 30)
    assert contact["referred_at"] == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"contact_number": "1"},
        {"contact_number": 1.0},
        {"contact_number": True},
        {"contact_number": 0},
        {"minutes": -1},
        {"mode": 5},
        {"mode": None},
        {"contact_id": "not-a-uuid"},
        {"contact_id": None},
        {"pcn_code": "a name of a person"},
        {"referred_at": "2026-03-02T09:30:00"},
        {"referred_at": 1_700_000_000},
    ],
    ids=str,
)
def test_what_breaks_the_schema_is_refused(changes: dict[str, object]):
    with pytest.raises(ValidationError):
        read(ContactMade, **changes)


def test_a_missing_field_is_refused():
    with pytest.raises(ValidationError):
        reader_for(ContactMade).validate_json(b"[{}]")


def test_one_broken_value_fails_its_batch_and_says_which():
    good = value_of(ContactMade).model_dump_json().encode()
    with pytest.raises(ValidationError) as refusal:
        reader_for(ContactMade).validate_json(b"[" + good + b",{}," + good + b"]")
    assert {fault["loc"][0] for fault in refusal.value.errors()} == {1}


class _Inner(BaseModel):
    kind: Literal["a", "other"]


class _Grown(BaseModel):
    """A later version: what was added has a default."""

    inner: _Inner
    choices: list[Literal["x", "y"]] | None = None
    count: int = 3


def test_what_an_older_writer_did_not_know_is_read_as_its_default():
    assert reader_for(_Grown).validate_json(b'[{"inner":{"kind":"a"}}]') == [
        {"inner": {"kind": "a"}, "choices": None, "count": 3}
    ]


def test_records_within_records_are_read_as_kindly():
    text = b'[{"inner":{"kind":"new","more":1},"choices":["x","z"]}]'
    assert reader_for(_Grown).validate_json(text) == [
        {"inner": {"kind": OTHER}, "choices": ["x", OTHER], "count": 3}
    ]
