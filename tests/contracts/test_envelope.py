"""The envelope: what is written is read again, and nothing a stranger sends does harm."""

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import envelope as module
from contracts.envelope import (
    ATTRIBUTES,
    NUMBER_MAX,
    RELATED_SUBJECTS_MAX,
    Envelope,
    UnreadableEnvelope,
    read_headers,
    read_traceparent,
)
from tests.contracts.standards import standards

AN_ENVELOPE = Envelope(
    id=UUID("01980000-0000-7000-8000-000000000001"),
    type="waymark.referral-created.v1",
    source="/referral",
    subject="episode/01980000-0000-7000-8000-0000000000c1",
    time=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    recorded_time=datetime(2026, 3, 2, 9, 31, 12, 250000, tzinfo=UTC),
    data_schema="https://waymark.example/schemas/waymark.referral-created.v1.json",
    stream="U99001",
    epoch=1,
    number=7,
    aggregate_version=3,
)

_ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=36)
_subjects = st.builds("{}/{}".format, st.sampled_from(["episode", "person", "listing"]), _ids)
_moments = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
)
_traces = st.builds(
    "00-{:032x}-{:016x}-{:02x}".format,
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
    st.integers(0, 255),
)
envelopes = st.builds(
    Envelope,
    id=st.uuids(),
    type=st.sampled_from(["waymark.goal-set.v1", "waymark.contact-made.v12"]),
    source=st.sampled_from(["/referral", "/directory"]),
    subject=_subjects,
    time=_moments,
    recorded_time=_moments,
    data_schema=st.just(AN_ENVELOPE.data_schema),
    stream=_ids,
    epoch=st.integers(0, NUMBER_MAX),
    number=st.integers(1, NUMBER_MAX),
    aggregate_version=st.integers(0, NUMBER_MAX),
    related_subjects=st.lists(_subjects, max_size=RELATED_SUBJECTS_MAX).map(tuple),
    origin=st.sampled_from(["live", "import", "seed"]),
    correlation_id=st.none() | _ids,
    causation_id=st.none() | _ids,
    traceparent=st.none() | _traces,
)

_names = st.sampled_from([a.header for a in ATTRIBUTES]) | st.text(max_size=20)
_values = st.none() | st.binary(max_size=200) | st.text(max_size=60).map(str.encode)


def changed(**headers: bytes | None) -> list[tuple[str, bytes | None]]:
    """The headers of a good envelope, some replaced."""
    by_name: dict[str, bytes | None] = {}
    by_name.update(AN_ENVELOPE.to_headers())
    by_name.update({name.replace("__", "-"): value for name, value in headers.items()})
    return list(by_name.items())


@given(envelopes)
@settings(max_examples=150)
def test_what_is_written_is_read_again(envelope: Envelope):
    assert read_headers(envelope.to_headers()) == envelope


@given(st.permutations(AN_ENVELOPE._replace(correlation_id="story").to_headers()))
@settings(max_examples=30)
def test_the_order_of_headers_means_nothing(headers: list[tuple[str, bytes]]):
    assert read_headers(headers) == AN_ENVELOPE._replace(correlation_id="story")


def test_every_attribute_of_the_table_is_written_and_shown_in_its_own_shape():
    full = AN_ENVELOPE._replace(
        related_subjects=("person/a1",),
        correlation_id="a",
        causation_id="b",
        traceparent=ATTRIBUTES[-1].example,
    )
    assert {name for name, _ in full.to_headers()} == {a.header for a in ATTRIBUTES}
    shown = [(a.header, a.example.encode()) for a in ATTRIBUTES]
    assert read_headers(shown).type == "waymark.referral-created.v1"


def test_all_header_values_are_plain_text_and_none_is_empty():
    for _, value in AN_ENVELOPE.to_headers():
        assert value.isascii()
        assert value


def test_headers_nobody_knows_are_passed_over():
    strange = [*AN_ENVELOPE.to_headers(), ("x-strange", None), ("x-bytes", b"\xff\x00")]
    assert read_headers(strange) == AN_ENVELOPE


@given(st.lists(st.tuples(_names, _values), max_size=25))
@settings(max_examples=200)
def test_any_headers_whatever_are_an_envelope_or_unreadable(
    headers: list[tuple[str, bytes | None]],
):
    with contextlib.suppress(UnreadableEnvelope):
        assert isinstance(read_headers(headers), Envelope)


@given(st.lists(st.tuples(_names, _values), min_size=1, max_size=3))
@settings(max_examples=200)
def test_a_good_envelope_with_any_headers_replaced_is_an_envelope_or_unreadable(
    replaced: list[tuple[str, bytes | None]],
):
    headers: dict[str, bytes | None] = {}
    headers.update(AN_ENVELOPE.to_headers())
    headers.update(replaced)
    with contextlib.suppress(UnreadableEnvelope):
        assert read_headers(list(headers.items())).time.tzinfo is UTC


@pytest.mark.parametrize(
    "headers",
    [
        None,
        5,
        [None],
        [("ce_id",)],
        [("a", b"b", b"c")],
        [([], b"")],
        [("ce_id", "text")],
        [(name, bytearray(value)) for name, value in AN_ENVELOPE.to_headers()],
        [(name, value.decode()) for name, value in AN_ENVELOPE.to_headers()],
    ],
)
def test_what_is_no_list_of_headers_at_all_is_unreadable(headers: object):
    with pytest.raises(UnreadableEnvelope):
        read_headers(headers)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_id", b"not-a-uuid"),
        ("ce_id", b"01980000-0000-7000-8000-00000000000g"),
        ("ce_id", b"0198000000007000800000000000000-----"),
        ("ce_id", None),
        ("ce_type", b""),
        ("ce_type", b"contact-made"),
        ("ce_source", b"referral"),
        ("ce_subject", b"episode"),
        ("ce_subject", b"episode/with a space"),
        ("ce_subject", b"episode/\x00"),
        ("ce_subject", b"episode/" + b"a" * 65),
        ("ce_subject", b"episode/a\nce_time"),
        ("ce_time", b"2026-03-02"),
        ("ce_time", b"2026-03-02T09:30:00"),
        ("ce_time", b"2026-02-30T09:30:00Z"),
        ("ce_time", b"0001-01-01T00:00:00+23:59"),
        ("ce_recordedtime", b"9999-12-31T23:59:59-23:59"),
        ("ce_recordedtime", b"2026-W10-1T09:30:00Z"),
        ("ce_dataschema", b"no scheme"),
        ("ce_partitionkey", b""),
        ("ce_partitionkey", "Ü99".encode()),
        ("ce_epoch", b"-1"),
        ("ce_sequence", b"0"),
        ("ce_sequence", b"1_000"),
        ("ce_sequence", b"9223372036854775808"),
        ("ce_sequence", b"9" * 5000),
        ("ce_sequence", "٣".encode()),
        ("ce_aggregateversion", b"1.5"),
        ("ce_origin", b"LIVE"),
        ("content__type", b"text/plain"),
        ("ce_relatedsubjects", b"person/a,,person/b"),
        ("ce_relatedsubjects", b",".join([b"person/a"] * (RELATED_SUBJECTS_MAX + 1))),
        ("ce_correlationid", b"\xff\xfe"),
        ("ce_correlationid", None),
        ("ce_causationid", b"a" * 100_000),
    ],
)
def test_a_header_of_the_wrong_shape_is_unreadable_and_is_not_quoted(
    header: str, value: bytes | None
):
    with pytest.raises(UnreadableEnvelope) as refusal:
        read_headers(changed(**{header: value}))
    assert len(refusal.value.reason) < 80
    if value and len(value) > 2:
        assert value.decode("latin-1") not in refusal.value.reason


@pytest.mark.parametrize("header", [a.header for a in ATTRIBUTES if a.required])
def test_each_required_header_is_missed_by_name(header: str):
    headers = [pair for pair in AN_ENVELOPE.to_headers() if pair[0] != header]
    with pytest.raises(UnreadableEnvelope, match=header):
        read_headers(headers)


def test_a_repeated_header_is_unreadable_whichever_is_meant():
    with pytest.raises(UnreadableEnvelope, match="ce_sequence comes twice"):
        read_headers([*AN_ENVELOPE.to_headers(), ("ce_sequence", b"8")])


def test_a_repeated_header_nobody_knows_is_passed_over():
    headers = [*AN_ENVELOPE.to_headers(), ("x-hop", b"1"), ("x-hop", b"2")]
    assert read_headers(headers) == AN_ENVELOPE


def test_an_optional_header_without_text_is_as_if_it_were_not_there():
    empty = changed(ce_correlationid=b"", ce_relatedsubjects=b"", traceparent=b"")
    assert read_headers(empty) == AN_ENVELOPE
    assert read_headers([*empty, ("x-hop", b"1"), ("x-hop", b"2")]) == AN_ENVELOPE


def test_a_time_with_another_offset_is_read_as_the_same_moment():
    read = read_headers(changed(ce_time=b"2026-03-02T10:30:00+01:00"))
    assert read.time == AN_ENVELOPE.time
    assert read.time.tzinfo is UTC


def test_what_is_remembered_of_headers_stays_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_SEEN_MAX", 3)
    module._seen.clear()
    for stream in range(10):
        read_headers(AN_ENVELOPE._replace(stream=f"S{stream}").to_headers())
        assert len(module._seen) <= 3


TRACE = "00-12345678901234567890123456789012-1234567890123456-01"


@pytest.mark.parametrize("text", [TRACE, f" {TRACE}", f"{TRACE}\t", "cc" + TRACE[2:] + "-later"])
def test_a_lawful_trace_context_is_kept(text: str):
    read = read_headers(changed(traceparent=text.encode()))
    assert read.traceparent is not None
    assert read.traceparent[3:35] == TRACE[3:35]


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff",
        b"nonsense",
        b"00-" + b"0" * 32 + b"-1234567890123456-01",
        b"ff" + TRACE[2:].encode(),
        TRACE.encode() + b"-more",
        TRACE.upper().encode().replace(b"1", b"A"),
    ],
)
def test_an_unlawful_trace_context_costs_the_trace_and_not_the_event(value: bytes | None):
    assert read_headers(changed(traceparent=value)) == AN_ENVELOPE


def test_two_trace_contexts_are_none():
    headers = [*AN_ENVELOPE.to_headers(), ("traceparent", TRACE.encode())]
    assert read_headers([*headers, ("traceparent", TRACE.encode())]) == AN_ENVELOPE


def test_trace_context_is_read_as_the_official_cases_say():
    cases = json.loads((standards() / "events/trace-context/cases.json").read_text())
    for text in cases["traceparent_accept_same_trace_id"]:
        found = read_traceparent(text)
        assert found is not None, text
        assert found.split("-")[1] == "12345678901234567890123456789012"
    for text in cases["traceparent_reject_new_trace_id"]:
        assert read_traceparent(text) is None, text


def test_the_official_binary_kafka_event_has_the_header_names_we_write():
    feature = (standards() / "events/cloudevents/kafka-protocol-binding.feature").read_text()
    names = {name for name, _ in AN_ENVELOPE.to_headers()}
    for name in ("ce_specversion", "ce_type", "ce_time", "ce_id", "ce_source", "content-type"):
        assert name in feature
        assert name in names
