"""The envelope: a CloudEvent 1.0 in Kafka's binary mode, written and read at wire speed.

Promise    ``read_headers(envelope.to_headers())`` is the envelope again, and any
           headers whatever give an envelope or ``UnreadableEnvelope``, nothing else.
Price      One table of attributes, each of a fixed shape; others are passed over.
Not here   The value of the record: see ``contracts.reading``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Final, NamedTuple, cast
from uuid import UUID, SafeUUID

Headers = Sequence[tuple[str, bytes | None]]

CONTENT_TYPE: Final = "application/json"
RELATED_SUBJECTS_MAX: Final = 32
# Streams times types times epochs of a whole country, and room to spare.
_SEEN_MAX: Final = 32_768
# PostgreSQL's bigint: a larger number could be read but never stored.
NUMBER_MAX: Final = 2**63 - 1


class Attribute(NamedTuple):
    """One header: its name, the shape of its whole text, what it means, an example."""

    header: str
    pattern: str
    meaning: str
    example: str
    required: bool = True


_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_COUNT = r"(?:0|[1-9][0-9]{0,18})"
_NUMBER = r"[1-9][0-9]{0,18}"
_SUBJECT = r"[a-z][a-z-]{0,30}/[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_STORY = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"

# The order is the order on the wire.
ATTRIBUTES: Final = (
    Attribute("ce_specversion", r"1\.0", "Version of CloudEvents.", "1.0"),
    Attribute(
        "ce_id",
        _UUID,
        "Identity of the event, a UUIDv7; the same event always has the same.",
        "01980000-0000-7000-8000-000000000001",
    ),
    Attribute(
        "ce_type",
        r"[a-z][a-z0-9-]{0,30}\.[a-z][a-z0-9-]{0,60}\.v[0-9]{1,4}",
        "What happened, with the major version of its contract.",
        "waymark.referral-created.v1",
    ),
    Attribute("ce_source", r"/[a-z][a-z0-9/-]{0,62}", "The service that says so.", "/referral"),
    Attribute(
        "ce_subject",
        _SUBJECT,
        "The aggregate that was locked: `<kind>/<id>`.",
        "episode/01980000-0000-7000-8000-0000000000c1",
    ),
    Attribute("ce_time", _TIME, "When it happened.", "2026-03-02T09:30:00.000000Z"),
    Attribute(
        "ce_recordedtime",
        _TIME,
        "When it became known; what is derived goes by this, never by its own clock.",
        "2026-03-02T09:31:12.250000Z",
    ),
    Attribute(
        "ce_dataschema",
        r"[a-z][a-z0-9+.-]{1,15}:[!-~]{1,200}",
        "The JSON Schema of the value.",
        "https://waymark.example/schemas/waymark.referral-created.v1.json",
    ),
    Attribute(
        "ce_partitionkey",
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        "The stream: for casework the PCN. It is the key of the record too.",
        "U99001",
    ),
    Attribute("ce_epoch", _COUNT, "Raised only when history had to be taken back.", "1"),
    Attribute("ce_sequence", _NUMBER, "The event's number in its stream, without gaps.", "1"),
    Attribute("ce_aggregateversion", _COUNT, "The version the aggregate then had.", "1"),
    Attribute(
        "ce_origin",
        r"[a-z][a-z-]{0,15}",
        "How it came in: `live`, `import` or `seed`. Only what is live makes messages.",
        "live",
    ),
    Attribute("content-type", r"application/json", "What the value is.", CONTENT_TYPE),
    Attribute(
        "ce_relatedsubjects",
        rf"{_SUBJECT}(?:,{_SUBJECT}){{0,{RELATED_SUBJECTS_MAX - 1}}}",
        "Other aggregates it is about; where one is held, they are all held.",
        "person/01980000-0000-7000-8000-0000000000a1",
        required=False,
    ),
    Attribute(
        "ce_correlationid",
        _STORY,
        "The story it belongs to.",
        "01980000-0000-7000-8000-0000000000ff",
        required=False,
    ),
    Attribute(
        "ce_causationid",
        _STORY,
        "The message that led to it.",
        "01980000-0000-7000-8000-0000000000fe",
        required=False,
    ),
    Attribute(
        "traceparent",
        r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}",
        "W3C trace context of the request it began with; one that is malformed is passed over.",
        "00-12345678901234567890123456789012-1234567890123456-01",
        required=False,
    ),
)

# What is the same for thousands of records is matched once and remembered;
# what is each record's own is joined and matched at one go.
_SAME: Final = (
    "ce_specversion",
    "ce_type",
    "ce_source",
    "ce_dataschema",
    "ce_partitionkey",
    "ce_epoch",
    "ce_origin",
    "content-type",
)
_OWN: Final = (
    "ce_id",
    "ce_subject",
    "ce_time",
    "ce_recordedtime",
    "ce_sequence",
    "ce_aggregateversion",
)
_OPTIONAL: Final = tuple(a.header for a in ATTRIBUTES if not a.required)
_PATTERNS: Final = {a.header: a.pattern for a in ATTRIBUTES}
_KNOWN: Final = {header: re.compile(pattern) for header, pattern in _PATTERNS.items()}
_match_same = re.compile("\n".join(f"({_PATTERNS[name]})" for name in _SAME)).fullmatch
_match_own = re.compile(
    "\n".join(
        [
            *(f"({_PATTERNS[name]})" for name in _OWN),
            *(f"((?:{_PATTERNS[name]})?)" for name in _OPTIONAL),
        ]
    )
).fullmatch
# Versions of trace context after 00 may say more behind what is known of them.
_TRACEPARENT: Final = re.compile(rf"({_PATTERNS['traceparent']})(?P<later>-.*)?", re.DOTALL)
_same_of = itemgetter(*_SAME)
_own_of = itemgetter(*_OWN)
# UUID(...) checks and copies what the pattern has just checked; its slots are filled directly.
_new_uuid = object.__new__
_set_int: Callable[[UUID, int], None] = vars(UUID)["int"].__set__
_set_is_safe: Callable[[UUID, SafeUUID], None] = vars(UUID)["is_safe"].__set__
_UNKNOWN: Final = SafeUUID.unknown
_new_tuple: "Callable[[type[Envelope], object], Envelope]" = vars(tuple)["__new__"]
_instant = datetime.fromisoformat

# (type, source, data schema, stream, epoch, origin), by the bytes they were read from.
_Same = tuple[str, str, str, str, int, str]
_seen: dict[tuple[bytes | None, ...], _Same] = {}


class UnreadableEnvelope(Exception):
    """The headers of a record are not an envelope; ``reason`` says why, and quotes none of them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Envelope(NamedTuple):
    """Who says what about whom, when, and as which number of which stream."""

    id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    recorded_time: datetime
    data_schema: str
    stream: str
    epoch: int
    number: int
    aggregate_version: int
    related_subjects: tuple[str, ...] = ()
    origin: str = "live"
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None

    def to_headers(self) -> list[tuple[str, bytes]]:
        """The headers of the record; what is empty or unknown gets none."""
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", str(self.id).encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_subject", self.subject.encode()),
            ("ce_time", _written(self.time)),
            ("ce_recordedtime", _written(self.recorded_time)),
            ("ce_dataschema", self.data_schema.encode()),
            ("ce_partitionkey", self.stream.encode()),
            ("ce_epoch", b"%d" % self.epoch),
            ("ce_sequence", b"%d" % self.number),
            ("ce_aggregateversion", b"%d" % self.aggregate_version),
            ("ce_origin", self.origin.encode()),
            ("content-type", b"application/json"),
        ]
        if self.related_subjects:
            headers.append(("ce_relatedsubjects", ",".join(self.related_subjects).encode()))
        if self.correlation_id is not None:
            headers.append(("ce_correlationid", self.correlation_id.encode()))
        if self.causation_id is not None:
            headers.append(("ce_causationid", self.causation_id.encode()))
        if self.traceparent is not None:
            headers.append(("traceparent", self.traceparent.encode()))
        return headers


def read_headers(headers: Headers) -> Envelope:
    """The envelope in ``headers``; anything else raises ``UnreadableEnvelope``."""
    try:
        values = dict(headers)
        if len(values) == len(headers):
            return _read(values)
    except Exception:  # noqa: BLE001 S110 - looked at again below, where time does not matter
        pass
    return _read_with_care(headers)


def read_traceparent(text: str) -> str | None:
    """The trace context in ``text`` as W3C reads it, or nothing: a trace then begins anew."""
    found = _TRACEPARENT.fullmatch(text.strip(" \t"))
    if found is None or (found["later"] and found[1].startswith("00")):
        return None
    return found[1]


def _read(values: Mapping[str, bytes | None]) -> Envelope:
    same = _same_of(values)
    known = _seen.get(same)
    if known is None:
        known = _remember(same)
    optional = values.get
    parts = (
        *_own_of(values),
        optional("ce_relatedsubjects", b""),
        optional("ce_correlationid", b""),
        optional("ce_causationid", b""),
        optional("traceparent", b""),
    )
    # Latin-1 decodes anything; what is no plain text then fails to match. A part
    # that is no bytes fails to join.
    text = b"\n".join(cast("tuple[bytes, ...]", parts)).decode("latin-1")
    found = _match_own(text)
    if found is None:
        raise ValueError
    id_, subject, time, recorded, number, version, related, correlation, causation, trace = (
        found.groups()
    )
    uuid = _new_uuid(UUID)
    _set_int(uuid, int(id_.replace("-", ""), 16))
    _set_is_safe(uuid, _UNKNOWN)
    # An offset that leads outside the calendar is found here, not in the database.
    happened, known_at = _instant(time), _instant(recorded)
    if happened.tzinfo is not UTC:
        happened = happened.astimezone(UTC)
    if known_at.tzinfo is not UTC:
        known_at = known_at.astimezone(UTC)
    sequence, aggregate_version = int(number), int(version)
    if sequence > NUMBER_MAX or aggregate_version > NUMBER_MAX:
        raise ValueError
    type_, source, data_schema, stream, epoch, origin = known
    # The constructor of a named tuple would only sort its arguments into this order.
    return _new_tuple(
        Envelope,
        (
            uuid,
            type_,
            source,
            subject,
            happened,
            known_at,
            data_schema,
            stream,
            epoch,
            sequence,
            aggregate_version,
            tuple(related.split(",")) if related else (),
            origin,
            correlation or None,
            causation or None,
            trace or None,
        ),
    )


def _remember(same: tuple[bytes | None, ...]) -> _Same:
    found = _match_same(b"\n".join(cast("tuple[bytes, ...]", same)).decode("latin-1"))
    if found is None:
        raise ValueError
    _, type_, source, data_schema, stream, epoch, origin, _ = found.groups()
    known = (type_, source, data_schema, stream, int(epoch), origin)
    if known[4] > NUMBER_MAX:
        raise ValueError
    if len(_seen) >= _SEEN_MAX:
        _seen.clear()
    _seen[same] = known
    return known


def _read_with_care(headers: Headers) -> Envelope:
    """Read what is odd but lawful; of what is not, say which header is at fault."""
    try:
        values, repeated = _gathered(headers)
    except (TypeError, ValueError):
        reason = "the headers are not pairs of a name and a value"
        raise UnreadableEnvelope(reason) from None
    for header, pattern in _KNOWN.items():
        value = values.get(header)
        if header in repeated and header != "traceparent":
            fault = "comes twice"
        elif header in _OPTIONAL and (header not in values or value == b""):
            continue
        elif header not in values:
            fault = "is missing"
        elif not isinstance(value, bytes):
            fault = "has no value"
        elif pattern.fullmatch(value.decode("latin-1")) is None:
            fault = "is not what it should be"
        else:
            continue
        reason = f"{header} {fault}"
        raise UnreadableEnvelope(reason)
    try:
        return _read(values)
    except Exception:  # noqa: BLE001 - the last of what a stranger can do: numbers and days out of range
        reason = "a time or a number is out of range"
        raise UnreadableEnvelope(reason) from None


def _gathered(headers: Headers) -> tuple[dict[str, bytes | None], set[str]]:
    """The headers by name, with the trace context made lawful or left out."""
    values: dict[str, bytes | None] = {}
    repeated: set[str] = set()
    for header, value in headers:
        if header in values:
            repeated.add(header)
        values[header] = value
    trace = values.pop("traceparent", None)
    if isinstance(trace, bytes) and "traceparent" not in repeated:
        lawful = read_traceparent(trace.decode("latin-1"))
        if lawful is not None:
            values["traceparent"] = lawful.encode()
    return values, repeated


def _written(moment: datetime) -> bytes:
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # Half the time that isoformat takes for an aware time, twice in every event.
    return b"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ" % (
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
    )
