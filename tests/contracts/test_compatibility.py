"""One test for each kind of change: what may be released, and what may not."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from contracts import compatibility, documents
from contracts.compatibility import faults_between, faults_since_release
from contracts.event import event_types

Change = Callable[[dict[str, Any]], None]

RELEASED: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "mode", "count", "name", "tags", "place", "maybe"],
    "$defs": {
        "Place": {
            "type": "object",
            "required": ["code"],
            "properties": {"code": {"type": "string", "pattern": "^[A-Z]+$"}},
        },
    },
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "Which."},
        "mode": {"type": "string", "enum": ["phone", "video", "other"]},
        "only": {"type": "string", "const": "one", "default": "one"},
        "level": {"type": "integer", "enum": [1, 2], "default": 1},
        "count": {"type": "integer", "minimum": 1, "maximum": 10},
        "name": {"type": "string", "minLength": 1, "maxLength": 50, "pattern": "^[a-z]+$"},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "maxItems": 9},
        "place": {"$ref": "#/$defs/Place"},
        "places": {"type": "array", "items": {"$ref": "#/$defs/Place"}, "default": []},
        "maybe": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
        "later": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "default": None},
    },
}


def at(*steps: str | int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def find(schema: dict[str, Any]) -> dict[str, Any]:
        place: Any = schema
        for step in steps:
            place = place[step]
        return place

    return find


def setting(*steps: str | int, **values: Any) -> Change:
    return lambda schema: at(*steps)(schema).update(values)


def dropping(*steps: str | int) -> Change:
    return lambda schema: at(*steps[:-1])(schema).pop(steps[-1])  # pyright: ignore[reportArgumentType]


def field(name: str, required: bool = False, **schema: Any) -> Change:  # noqa: FBT002
    def add(root: dict[str, Any]) -> None:
        root["properties"][name] = schema
        if required:
            root["required"].append(name)

    return add


def renamed(old: str, new: str) -> Change:
    def rename(root: dict[str, Any]) -> None:
        root["properties"][new] = root["properties"].pop(old)
        root["required"] = [new if name == old else name for name in root["required"]]

    return rename


def required(*names: str) -> Change:
    return lambda root: root.update(required=list(names))


def inlined(root: dict[str, Any]) -> None:
    root["properties"]["place"] = root["$defs"]["Place"]


P = "properties"
EVERY = RELEASED["required"]

ACCEPTED: dict[str, Change] = {
    "nothing": lambda _: None,
    "a new description": setting(P, "id", description="Which one."),
    "a title, an example, a deprecation": setting(
        P, "id", title="Id", examples=["x"], deprecated=True
    ),
    "a new field with a default": field("extra", type="string", default="x"),
    "a new field that may be null, with a default": field(
        "extra", anyOf=[{"type": "string"}, {"type": "null"}], default=None
    ),
    "a new code": setting(P, "mode", enum=["phone", "video", "text", "other"]),
    "codes in another order": setting(P, "mode", enum=["other", "video", "phone"]),
    "a second code where there was one": lambda root: root[P].update(
        only={"type": "string", "enum": ["one", "two"], "default": "one"}
    ),
    "a new code within a list": setting(P, "tags", "items", enum=["a", "b", "c"]),
    "a new optional field in a nested record": setting(
        "$defs", "Place", P, kind={"type": "string", "default": "x"}
    ),
    "a nested record written in place": inlined,
    "a nested record under another name": lambda root: (
        root["$defs"].update(Spot=root["$defs"]["Place"]),
        root[P]["place"].update({"$ref": "#/$defs/Spot"}),
    ),
    "fields in another order": lambda root: root.update(
        properties=dict(reversed(root[P].items())), required=list(reversed(root["required"]))
    ),
}

REFUSED: dict[str, tuple[Change, str]] = {
    "a field removed": (dropping(P, "count"), "count was removed"),
    "an optional field removed": (dropping(P, "later"), "later was removed"),
    "a field renamed": (renamed("count", "number"), "count was removed or renamed"),
    "a new required field": (field("extra", required=True, type="string"), "extra is new"),
    "a new required field with a default": (
        field("extra", required=True, type="string", default="x"),
        "extra is new",
    ),
    "a new field without a default": (field("extra", type="string"), "extra is new"),
    "required made optional": (
        required(*[name for name in EVERY if name != "count"]),
        "count is optional now",
    ),
    "optional made required": (required(*EVERY, "later"), "later is required now"),
    "another type": (setting(P, "count", type="string"), "`type` changed"),
    "a type narrowed": (setting(P, "count", type="integer", multipleOf=2), "`multipleOf`"),
    "a type widened": (setting(P, "count", type="number"), "`type` changed"),
    "a code removed": (setting(P, "mode", enum=["phone", "other"]), "lost the code 'video'"),
    "the only code replaced": (setting(P, "only", const="two"), "lost the code 'one'"),
    "a code removed within a list": (
        setting(P, "tags", "items", enum=["a"]),
        "tags[] lost the code 'b'",
    ),
    "a new number where only words are read as other": (
        setting(P, "level", enum=[1, 2, 3]),
        "level gained 3",
    ),
    "a vocabulary given up": (dropping(P, "mode", "enum"), "lost its vocabulary"),
    "a vocabulary introduced": (setting(P, "name", enum=["x"]), "has a vocabulary now"),
    "a pattern tightened": (setting(P, "name", pattern="^[a-c]+$"), "`pattern` changed"),
    "a pattern loosened": (setting(P, "name", pattern="^[a-z0-9]+$"), "`pattern` changed"),
    "a pattern dropped": (dropping(P, "name", "pattern"), "`pattern` changed"),
    "a pattern introduced": (setting(P, "id", pattern="^0"), "`pattern` changed"),
    "another format": (setting(P, "id", format="date"), "`format` changed"),
    "a format dropped": (dropping(P, "id", "format"), "`format` changed"),
    "a smaller maximum": (setting(P, "count", maximum=5), "`maximum` changed"),
    "a larger maximum": (setting(P, "count", maximum=50), "`maximum` changed"),
    "another minimum": (setting(P, "count", minimum=0), "`minimum` changed"),
    "another length": (setting(P, "name", maxLength=60), "`maxLength` changed"),
    "another number of items": (setting(P, "tags", maxItems=10), "`maxItems` changed"),
    "null allowed": (
        lambda root: root[P].update(
            count={"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10}, {"type": "null"}]}
        ),
        "count may now be null",
    ),
    "null forbidden": (
        lambda root: root[P].update(maybe={"type": "integer", "minimum": 0}),
        "maybe may no longer be null",
    ),
    "a change under what may be null": (
        setting(P, "maybe", "anyOf", 0, minimum=1),
        "maybe `minimum` changed",
    ),
    "another alternative": (
        lambda root: root[P]["maybe"]["anyOf"].append({"type": "string"}),
        "maybe has other alternatives",
    ),
    "another default": (setting(P, "only", default="two"), "`default` changed"),
    "items of another type": (
        lambda root: root[P]["tags"].update(items={"type": "integer"}),
        "tags[]",
    ),
    "a list of anything": (dropping(P, "tags", "items"), "`items` changed"),
    "a fixed list": (setting(P, "tags", prefixItems=[{"type": "string"}]), "`prefixItems` changed"),
    "a nested field removed": (dropping("$defs", "Place", P, "code"), "place.code was removed"),
    "a nested field changed": (
        setting("$defs", "Place", P, "code", pattern="^[A-Z]{3}$"),
        "place.code `pattern` changed",
    ),
    "a nested field required": (
        setting("$defs", "Place", P, kind={"type": "string"}),
        "place.kind is new",
    ),
    "a field made a record": (setting(P, "id", **{"$ref": "#/$defs/Place"}), "id.code is new"),
    "a closed record opened": (setting(additionalProperties=True), "`additionalProperties`"),
    "a keyword this check never heard of": (setting(P, "id", unheardOf=1), "`unheardOf` changed"),
}


def after(change: Change) -> dict[str, Any]:
    changed = copy.deepcopy(RELEASED)
    change(changed)
    return changed


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_a_change_that_every_reader_bears_is_accepted(change: Change):
    assert faults_between(RELEASED, after(change)) == []


@pytest.mark.parametrize(("change", "fault"), REFUSED.values(), ids=REFUSED)
def test_a_change_that_breaks_a_reader_is_refused_and_named(change: Change, fault: str):
    found = faults_between(RELEASED, after(change))
    assert any(fault in line for line in found), found


def test_a_change_in_a_record_used_under_a_list_is_refused():
    released = {"properties": {"places": RELEASED[P]["places"]}, "$defs": RELEASED["$defs"]}
    current = copy.deepcopy(released)
    current["$defs"]["Place"][P]["code"]["type"] = "integer"
    assert faults_between(released, current) == [
        'places[].code `type` changed from "string" to "integer"'
    ]


def test_a_record_that_holds_its_own_kind_is_compared_once():
    schema = {
        "$ref": "#/$defs/Tree",
        "$defs": {"Tree": {"properties": {"left": {"$ref": "#/$defs/Tree"}}}},
    }
    assert faults_between(schema, copy.deepcopy(schema)) == []


def test_a_type_may_be_added_and_never_removed():
    assert list(faults_since_release({"a": RELEASED}, {"a": RELEASED, "b": RELEASED})) == []
    (fault,) = faults_since_release({"a": RELEASED}, {})
    assert fault.startswith("a: the type was removed")


def test_the_models_as_they_stand_break_no_release():
    assert list(compatibility.faults()) == []


def test_there_is_a_release_to_compare_with():
    versions = compatibility.releases()
    assert versions
    for schemas in versions.values():
        assert "waymark.referral-created.v1" in schemas


def test_every_version_ever_released_is_compared(tmp_path):
    schemas = {name: documents.schema_of(model) for name, model in event_types().items()}
    for version in ("1.0.0", "1.1.0"):
        folder = tmp_path / "released" / version
        folder.mkdir(parents=True)
        for name, schema in schemas.items():
            (folder / f"{name}.json").write_text(json.dumps(schema))
    older = tmp_path / "released" / "1.0.0" / "waymark.goal-set.v1.json"
    schema = json.loads(older.read_text())
    schema["properties"]["gone"] = {"type": "string"}
    older.write_text(json.dumps(schema))

    assert list(compatibility.faults(tmp_path)) == [
        "1.0.0: waymark.goal-set.v1: gone was removed or renamed"
    ]
