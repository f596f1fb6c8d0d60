"""The judgement of the operations page, without any service."""

from typing import Any

from console.flow import (
    Service,
    held_against_each_other,
    read_service,
    verdict,
    worst_first,
)


def _stream(**changes: Any) -> dict[str, Any]:
    return {
        "consumer": "reporting",
        "topic": "referral.events.v1",
        "stream": "U99001",
        "head": 10,
        "number": 10,
        "applied": 10,
        "skipped": 0,
        "quarantined": 0,
        "held": 0,
        "unreadable": 0,
        "holes": 0,
        "stopped_reason": None,
        "last_recorded_at": "2026-03-02T09:00:00Z",
        **changes,
    }


def _well(name: str = "referral") -> Service:
    return read_service(name, [_stream()])


def test_all_is_well_only_when_every_service_says_so() -> None:
    assert verdict([_well(), _well("directory")]) == (
        "well",
        "Everything that was sent has arrived.",
    )


def test_a_silent_service_is_worse_than_any_known_trouble() -> None:
    stopped = read_service("reporting", [_stream(stopped_reason="too-many-failures")])
    state, sentence = verdict([stopped, read_service("directory", None), _well()])
    assert state == "unknown"
    assert sentence == "Directory did not answer, so nobody can tell whether all is well."


def test_numbers_of_a_silent_service_are_unknown_and_not_zero() -> None:
    silent = read_service("directory", None)
    assert silent.state == "unknown"
    assert [silent.total(counter) for counter in ("head", "waiting", "quarantined")] == [None] * 3
    assert read_service("directory", []).total("waiting") == 0


def test_the_sentence_counts_what_failed_apart_from_what_waits_behind_it() -> None:
    troubled = read_service("reporting", [_stream(quarantined=4, held=1, head=12)])
    assert verdict([troubled]) == (
        "undelivered",
        "3 messages could not be delivered, and 1 other waits behind.",
    )


def test_what_is_only_late_is_on_its_way() -> None:
    late = read_service("reporting", [_stream(head=11)])
    assert verdict([late]) == ("waiting", "1 message on the way, none lost.")


def test_the_most_troubled_stream_comes_first_and_the_rest_by_name() -> None:
    services = [
        read_service("reporting", [_stream(stream="U99003", head=15), _stream(stream="U99001")]),
        read_service(
            "directory",
            [
                _stream(stream="U99002", quarantined=1),
                _stream(stream="U99009", stopped_reason="forked"),
                _stream(stream="U99004", unreadable=3),
            ],
        ),
    ]
    assert [(one.stream, one.state) for one in worst_first(services)] == [
        ("U99009", "stopped"),
        ("U99004", "undelivered"),
        ("U99002", "undelivered"),
        ("U99003", "waiting"),
        ("U99001", "well"),
    ]


def test_a_service_whose_consumer_died_is_held_against_what_others_have_seen() -> None:
    dead, alive = (
        read_service("reporting", [_stream()]),
        read_service("directory", [_stream(head=25, number=25)]),
    )

    held = held_against_each_other([dead, alive, read_service("referral", None)])

    assert [service.total("waiting") for service in held] == [15, 0, None]
    assert verdict(held[:2]) == ("waiting", "15 messages on the way, none lost.")
