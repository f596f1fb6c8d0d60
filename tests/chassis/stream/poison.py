"""The kinds of record that must harm no other, written once for every test that plants them.

``ON_THE_WAY`` makes a good event's record into a broken one, whatever the event is about: its
owner's journal still has the good one, so each of these must heal. ``OF_NOBODY`` are records
that no owner has told: each must be set aside or refused.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.chassis.stream.trial import Wire, a_wire

Break = Callable[[Wire], Wire]

NESTED: Final = 100_000
# What none of these may bring into a list, a log or a metric.
PERSONAL: Final = "Wilhelmina Nonesuch 9990000018"
_TOLD: Final = json.dumps({"name": PERSONAL}).encode()


def _with_every_field(value: object) -> Break:
    return lambda wire: wire.saying(
        json.dumps(dict.fromkeys(json.loads(wire.value or b"{}"), value)).encode()
    )


def _with_fields(**fields: Any) -> Break:
    return lambda wire: wire.saying(
        json.dumps({**json.loads(wire.value or b"{}"), **fields}).encode()
    )


def _cut_off(wire: Wire) -> Wire:
    return wire.saying((wire.value or b"")[:-1])


def _twice(wire: Wire) -> Wire:
    return wire.saying(b"%b, %b" % (wire.value, wire.value))


def _closing_the_array(wire: Wire) -> Wire:
    return wire.saying(b"%b], [%b" % (wire.value, wire.value))


def _large_and_cut_off(wire: Wire) -> Wire:
    return wire.saying((wire.value or b"")[:-1] + b', "name": "' + b"x" * 900_000)


def _with_a_header_twice(wire: Wire) -> Wire:
    return Wire(wire.stream, wire.number, [*wire.headers, ("ce_id", b"another")], wire.value)


ON_THE_WAY: Final[Mapping[str, Break]] = {
    "value is null": lambda wire: wire.saying(None),
    "value is empty": lambda wire: wire.saying(b""),
    "value is not JSON": lambda wire: wire.saying(b"not json: " + PERSONAL.encode()),
    "value is cut off": _cut_off,
    "value is not UTF-8": lambda wire: wire.saying(b'{"name": "\xff\xfe"}'),
    "value is an array": lambda wire: wire.saying(b"[1]"),
    "value is a number": lambda wire: wire.saying(b"42"),
    "value is two values": _twice,
    "value closes the array": _closing_the_array,
    "value lacks every field": lambda wire: wire.saying(b"{}"),
    "value has other fields": lambda wire: wire.saying(_TOLD),
    "value has wrong types": _with_every_field(["many"]),
    "value has huge numbers": _with_every_field(10**400),
    "value is nested deeply": lambda wire: wire.saying(
        b'{"name":' + b"[" * NESTED + b"]" * NESTED + b"}"
    ),
    "value is of another stream": _with_fields(pcn_code="U99009"),
    "value is large and cut off": _large_and_cut_off,
    "header is missing": lambda wire: wire.without("ce_subject"),
    "header is null": lambda wire: wire.changed(ce_id=None),
    "every header is missing": lambda wire: wire.without(*dict(wire.headers)),
    "header is not UTF-8": lambda wire: wire.changed(ce_subject=b"\xff\xfe\x00"),
    "header is empty": lambda wire: wire.changed(ce_type=b""),
    "header comes twice": _with_a_header_twice,
    "header is no number": lambda wire: wire.changed(ce_sequence=b"four"),
    "header is a negative number": lambda wire: wire.changed(ce_sequence=b"-4"),
    "header is a number too large": lambda wire: wire.changed(ce_sequence=b"9" * 40),
    "header is no time": lambda wire: wire.changed(ce_recordedtime=b"yesterday"),
    "header names a person": lambda wire: wire.changed(ce_subject=PERSONAL.encode()),
    "header is of another version": lambda wire: wire.changed(ce_specversion=b"2.0"),
    "header has a type without version": lambda wire: wire.changed(ce_type=b"waymark.thing.vX"),
    "header is of an epoch that is over": lambda wire: wire.changed(ce_epoch=b"0"),
    "header is far too long": lambda wire: wire.changed(ce_correlationid=b"x" * 100_000),
    "key is empty": lambda wire: wire.keyed(b""),
    "key is null": lambda wire: wire.keyed(None),
    "key is of another stream": lambda wire: wire.keyed(b"U99009"),
    "key is not UTF-8": lambda wire: wire.keyed(b"\xff\xfe"),
}


OF_NOBODY_UNREADABLE: Final = frozenset(
    {
        "ce_specversion is missing",
        "value is larger than a value may be",
    }
)
"""What is told of those that cannot be read at all."""


def of_nobody(stream: str) -> Mapping[str, Wire]:
    """Records no owner has told, meant for the partition of ``stream``."""
    envelope = a_wire(stream, 1, _TOLD)
    bare = Wire(stream, 0, [], _TOLD)
    return {
        "nothing but an empty key": bare.saying(None).keyed(b""),
        "no header and no key": bare.keyed(None),
        "no header": bare,
        "headers of something else": Wire(stream, 0, [("x", b"\x00"), ("y", None)], _TOLD),
        "stream nobody has": a_wire("U99666", 1, _TOLD),
        "number nobody has": a_wire(stream, 2**40, _TOLD),
        "type nobody knows, under a number nobody has": a_wire(
            stream, 2**40 + 1, _TOLD, type_="waymark.thing-unheard-of.v9"
        ),
        "value too large for a value": envelope.saying(b"x" * 5_000_000),
    }
