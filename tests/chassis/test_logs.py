"""Log lines say what the list allows and nothing a person said."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import logs

CANARY = "Zebedee Quillfeather 9990000000"
SENTENCE = f"cannot store {CANARY}"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.set_up("trial", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_a_name_a_time_and_allowed_fields(written: io.StringIO) -> None:
    logging.getLogger("chassis.trial").info(
        "batch_applied", extra={"stream": "U99001", "count": 3, "person": CANARY}
    )

    (line,) = _lines(written)
    assert (line["event"], line["service"], line["level"]) == ("batch_applied", "trial", "info")
    assert (line["stream"], line["count"]) == ("U99001", 3)
    assert line["time"].endswith("+00:00")
    assert "person" not in line


def _fails(log: logging.Logger) -> None:
    try:
        int(CANARY)
    except ValueError:
        log.exception("not_stored")


def _fails_twice(log: logging.Logger) -> None:
    try:
        try:
            {}[CANARY]
        except KeyError as inner:
            raise ValueError(CANARY) from inner
    except ValueError:
        log.exception("not_stored")


LEAKS = {
    "a message with values": lambda log: log.warning("cannot store %s", CANARY),
    "a sentence": lambda log: log.warning(SENTENCE),
    "an unknown field": lambda log: log.warning("stored", extra={"body": CANARY}),
    "an exception": _fails,
    "a chained exception": _fails_twice,
    "an object as message": lambda log: log.warning({"name": CANARY}),
    "a stack": lambda log: log.warning("stored", stack_info=True, extra={"body": CANARY}),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_nothing_a_person_said_reaches_the_log(leak: Any, written: io.StringIO) -> None:
    leak(logging.getLogger("aiokafka.trial"))

    assert len(_lines(written)) == 1
    assert "Quillfeather" not in written.getvalue()
    assert "9990000000" not in written.getvalue()


def test_an_exception_is_its_class_and_the_places_it_passed(written: io.StringIO) -> None:
    _fails(logging.getLogger("chassis.trial"))

    (line,) = _lines(written)
    assert line["fault"] == "ValueError"
    assert line["places"][-1].startswith("test_logs.py:")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text() | st.lists(st.text()) | st.floats() | st.none() | st.binary())
def test_every_record_is_one_line_of_json(value: Any, written: io.StringIO) -> None:
    before = len(written.getvalue().splitlines())
    logging.getLogger("chassis.trial").info("tried", extra={"reason": value})

    lines = written.getvalue().split("\n")
    assert len(lines) - 1 == before + 1
    assert json.loads(lines[-2])["event"] == "tried"


def test_values_are_bounded(written: io.StringIO) -> None:
    logging.getLogger("chassis.trial").info(
        "tried", extra={"reason": "x" * 10_000, "places": ["y"] * 1_000}
    )

    (line,) = _lines(written)
    assert len(line["reason"]) == logs.VALUE_LENGTH_MAX
    assert len(line["places"]) == logs.LIST_LENGTH_MAX


def test_the_web_servers_own_access_log_stays_silent(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s"', "127.0.0.1", "GET", f"/people?q={CANARY}"
    )

    assert written.getvalue() == ""
