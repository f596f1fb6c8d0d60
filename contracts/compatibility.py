"""Refuse a change of the contracts that breaks a reader, whichever way time runs.

Promise    What passes can be read by every version released before, and the new
           readers can read all that was ever published, for topics are kept.
Price      A constraint can be neither narrowed nor widened: narrower breaks on the
           past, wider breaks the older readers. What this check does not know, it
           refuses.
Not here   A new major version: that is a new type, and may be anything.

Readers are known to pass over unknown fields and to read unknown codes as
``other`` (``contracts.reading``); that is what makes room to grow.

``python -m contracts.compatibility``
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from contracts.documents import schema_of
from contracts.event import event_types
from contracts.generate import HERE, RELEASED

Schema = Mapping[str, Any]

# What only explains may change at any time.
_EXPLAINS: Final = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "deprecated"}
)
_JUDGED_APART: Final = frozenset(
    {"properties", "required", "enum", "const", "items", "prefixItems", "anyOf"}
)
_NULL: Final = {"type": "null"}


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two versions of one type while they are compared, and the references seen on the way."""

    released: Schema
    current: Schema
    seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


def faults_between(released: Schema, current: Schema) -> list[str]:
    """Why ``current`` may not follow ``released``; nothing where it may."""
    return list(_faults("", released, current, _Pair(released, current)))


def faults_since_release(
    released: Mapping[str, Schema], current: Mapping[str, Schema]
) -> Iterator[str]:
    """The faults of every type of one release."""
    for name, schema in released.items():
        if name not in current:
            yield f"{name}: the type was removed, and its past can no longer be read"
            continue
        for fault in faults_between(schema, current[name]):
            yield f"{name}: {fault}"


def _faults(place: str, old: Schema, new: Schema, pair: _Pair) -> Iterator[str]:
    if "$ref" in old or "$ref" in new:
        met = (str(old.get("$ref")), str(new.get("$ref")))
        if met in pair.seen:
            return
        pair.seen.add(met)
        old, new = _resolved(old, pair.released), _resolved(new, pair.current)
    old_parts, new_parts = _alternatives(old), _alternatives(new)
    if (_NULL in old_parts) != (_NULL in new_parts):
        yield _said(place, "may now be null" if _NULL in new_parts else "may no longer be null")
    old_parts = [part for part in old_parts if part != _NULL]
    new_parts = [part for part in new_parts if part != _NULL]
    if len(old_parts) != len(new_parts):
        yield _said(place, "has other alternatives")
        return
    for old_part, new_part in zip(old_parts, new_parts, strict=True):
        if "$ref" in old_part or "$ref" in new_part:
            yield from _faults(place, old_part, new_part, pair)
        else:
            yield from _faults_of_one(place, old_part, new_part, pair)


def _faults_of_one(place: str, old: Schema, new: Schema, pair: _Pair) -> Iterator[str]:
    yield from _faults_of_codes(place, old, new)
    yield from _faults_of_fields(place, old, new, pair)
    yield from _faults_of_items(place, old, new, pair)
    for keyword in sorted((old.keys() | new.keys()) - _EXPLAINS - _JUDGED_APART):
        if old.get(keyword) != new.get(keyword):
            change = f"{_shown(old, keyword)} to {_shown(new, keyword)}"
            yield _said(place, f"`{keyword}` changed from {change}")


def _faults_of_codes(place: str, old: Schema, new: Schema) -> Iterator[str]:
    old_codes, new_codes = _codes(old), _codes(new)
    if old_codes is None and new_codes is None:
        return
    if old_codes is None or new_codes is None:
        yield _said(place, "has a vocabulary now" if old_codes is None else "lost its vocabulary")
        return
    for code in old_codes:
        if code not in new_codes:
            yield _said(place, f"lost the code {code!r}, which the past still holds")
    for code in new_codes:
        if code not in old_codes and not isinstance(code, str):
            yield _said(place, f"gained {code!r}: only words are read as `other`")


def _faults_of_fields(place: str, old: Schema, new: Schema, pair: _Pair) -> Iterator[str]:
    old_fields: Schema = old.get("properties", {})
    new_fields: Schema = new.get("properties", {})
    old_required = set[str](old.get("required", ()))
    new_required = set[str](new.get("required", ()))
    for name, schema in old_fields.items():
        inner = f"{place}.{name}" if place else name
        if name not in new_fields:
            yield _said(inner, "was removed or renamed")
            continue
        if (name in old_required) != (name in new_required):
            yield _said(inner, "is required now" if name in new_required else "is optional now")
        yield from _faults(inner, schema, new_fields[name], pair)
    for name, schema in new_fields.items():
        if name not in old_fields and (name in new_required or "default" not in schema):
            inner = f"{place}.{name}" if place else name
            yield _said(inner, "is new and has no default, so the past has no value for it")


def _faults_of_items(place: str, old: Schema, new: Schema, pair: _Pair) -> Iterator[str]:
    if "prefixItems" in old or "prefixItems" in new:
        yield from _different(place, "prefixItems", old, new)
    if "items" in old and "items" in new:
        yield from _faults(f"{place}[]", old["items"], new["items"], pair)
    else:
        yield from _different(place, "items", old, new)


def _different(place: str, keyword: str, old: Schema, new: Schema) -> Iterator[str]:
    if old.get(keyword) != new.get(keyword):
        yield _said(place, f"`{keyword}` changed")


def _resolved(schema: Schema, root: Schema) -> Schema:
    """``schema`` with its reference put in place; what stands beside a reference stays."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Any = root
    for step in str(reference).removeprefix("#/").split("/"):
        target = target[step]
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**target, **beside}


def _alternatives(schema: Schema) -> list[Schema]:
    """``schema`` as a list of what it may be; what stands beside ``anyOf`` holds for each."""
    parts: list[Schema] | None = schema.get("anyOf")
    if parts is None:
        return [schema]
    beside = {key: value for key, value in schema.items() if key not in _EXPLAINS | {"anyOf"}}
    return [part if part == _NULL else {**part, **beside} for part in parts]


def _codes(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _shown(schema: Schema, keyword: str) -> str:
    return json.dumps(schema[keyword], sort_keys=True) if keyword in schema else "nothing"


def _said(place: str, fault: str) -> str:
    return f"{place} {fault}" if place else fault


def releases(home: Path = HERE) -> dict[str, dict[str, Schema]]:
    """The schemas of every released version, by version and type."""
    return {
        folder.name: {place.stem: json.loads(place.read_text()) for place in folder.glob("*.json")}
        for folder in sorted((home / RELEASED).iterdir())
    }


def faults(home: Path = HERE) -> Iterator[str]:
    """Why the models as they stand may not be released."""
    current = {name: schema_of(model) for name, model in event_types().items()}
    for version, released in releases(home).items():
        for fault in faults_since_release(released, current):
            yield f"{version}: {fault}"


def main() -> int:
    found = list(faults())
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
