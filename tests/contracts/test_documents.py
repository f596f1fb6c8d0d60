"""What is published is what the models say, and is lawful by the standards it names."""

import json
import re

import jsonschema
import pytest
import yaml
from jsonschema import FormatChecker
from jsonschema.validators import validator_for

from contracts import documents, generate
from contracts.envelope import read_headers
from contracts.event import EventData, event_types
from contracts.topics import DIRECTORY, NOTIFICATIONS, REFERRAL, TOPICS, topic_of
from tests.contracts.standards import standards

ALL = sorted(event_types().items())
IDS = [name for name, _ in ALL]
# Words that would carry what identifies a person. `name` is an organisation's.
PERSONAL = re.compile(
    r"(first|last|full|given|family)_?name|surname|address|postcode|phone|email|nhs|birth|note|text"
)


def test_the_committed_files_are_what_the_models_say():
    assert list(generate.differences()) == []


def test_a_file_that_is_out_of_date_missing_or_left_over_is_found(tmp_path):
    home = tmp_path / "contracts"
    home.mkdir()
    (home / "README.md").write_text((generate.HERE / "README.md").read_text())
    generate.write(home)
    assert list(generate.differences(home)) == []

    (home / "schemas" / "waymark.goal-set.v1.json").write_text("{}")
    (home / "examples" / "waymark.goal-set.v1.json").unlink()
    (home / "examples" / "waymark.stray.v1.json").write_text("{}")

    assert list(generate.differences(home)) == [
        "contracts/schemas/waymark.goal-set.v1.json is out of date",
        "contracts/examples/waymark.goal-set.v1.json is missing",
        "contracts/examples/waymark.stray.v1.json belongs to no event",
    ]


def test_a_release_is_made_once(tmp_path):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "a.json").write_text("{}")
    generate.release("1.0.0", tmp_path)
    with pytest.raises(FileExistsError):
        generate.release("1.0.0", tmp_path)
    assert (tmp_path / "released" / "1.0.0" / "a.json").read_text() == "{}"


@pytest.mark.parametrize(("name", "model"), ALL, ids=IDS)
def test_every_example_meets_its_schema_and_is_read(name: str, model: type[EventData]):
    example = json.loads((generate.HERE / "examples" / f"{name}.json").read_text())
    schema = json.loads((generate.HERE / "schemas" / f"{name}.json").read_text())

    jsonschema.validate(example["value"], schema, format_checker=FormatChecker())
    model.model_validate_json(json.dumps(example["value"]))
    envelope = read_headers([(key, text.encode()) for key, text in example["headers"].items()])

    assert envelope.type == name
    assert envelope.data_schema == schema["$id"]
    assert envelope.stream == example["key"]
    assert example["topic"] == topic_of(model.owner).name


@pytest.mark.parametrize(("name", "model"), ALL, ids=IDS)
def test_the_name_on_the_wire_is_the_name_of_the_class(name: str, model: type[EventData]):
    words = re.sub(r"(?<!^)([A-Z])", r"-\1", model.__name__).lower()
    version = model.__module__.split(".")[2]
    assert name == f"waymark.{words}.{version}"


@pytest.mark.parametrize(("name", "model"), ALL, ids=IDS)
def test_every_event_says_what_happened_and_every_field_what_it_is(
    name: str, model: type[EventData]
):
    schema = documents.schema_of(model)
    assert schema["description"].endswith(".")
    assert schema["additionalProperties"] is False
    for field in schema["properties"].values():
        parts = [field, *field.get("anyOf", [])]
        assert any("description" in part and "examples" in part for part in parts)


@pytest.mark.parametrize(("name", "model"), ALL, ids=IDS)
def test_no_event_has_a_place_for_what_identifies_a_person(name: str, model: type[EventData]):
    fields = documents.schema_of(model)["properties"]
    assert not [field for field in fields if PERSONAL.search(field)]
    for field, schema in fields.items():
        for part in (schema, *schema.get("anyOf", []), schema.get("items", {})):
            if part.get("type") == "string":
                bounded = part.keys() & {"pattern", "enum", "const", "format", "maxLength"}
                assert bounded, f"{field} would take any text"


def test_a_producer_cannot_say_more_than_the_contract():
    model = event_types()["waymark.goal-set.v1"]
    value = documents.value_of(model).model_dump()
    with pytest.raises(ValueError, match="first_name"):
        model(**value, first_name="Ada")
    with pytest.raises(ValueError, match="frozen"):
        documents.value_of(model).pcn_code = "U99002"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_producer_cannot_forget_what_is_not_known():
    model = event_types()["waymark.goal-set.v1"]
    value = documents.value_of(model).model_dump()
    del value["need"]
    with pytest.raises(ValueError, match="need"):
        model(**value)


def test_an_event_with_a_name_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="no event type"):
        type("Wrong", (EventData,), {"type": "WrongName", "__module__": __name__})


def test_each_topic_has_one_owner_and_every_owner_tells_something():
    assert {topic.name for topic in TOPICS} == {
        REFERRAL.name,
        DIRECTORY.name,
        NOTIFICATIONS.name,
    }
    assert len({topic.owner for topic in TOPICS}) == len(TOPICS)
    for topic in TOPICS:
        assert event_types(topic.owner)
    assert sum(len(event_types(topic.owner)) for topic in TOPICS) == len(event_types())


def test_the_yaml_reads_as_what_was_meant():
    text = (generate.HERE / "asyncapi.yaml").read_text()
    assert yaml.safe_load(text) == documents.asyncapi()


def test_empty_and_nested_documents_are_written_as_yaml_reads_them():
    document = {"a": [], "b": {}, "c": [[1, [2]], {"d": [{"e": None}]}], "f: g": "x: #y\n"}
    assert yaml.safe_load(documents.as_yaml(document)) == document


def test_the_asyncapi_document_is_valid_by_the_official_schema():
    path = standards() / "events/asyncapi/asyncapi-3.0.0.schema.json"
    schema = json.loads(path.read_text())
    faults = list(validator_for(schema)(schema).iter_errors(documents.asyncapi()))
    assert faults == []


@pytest.mark.parametrize("kind", ["channel", "operation", "message"])
def test_the_kafka_bindings_are_valid_by_their_official_schema(kind: str):
    path = standards() / f"events/asyncapi/kafka-binding-0.5.0-{kind}.json"
    schema = json.loads(path.read_text())
    schema["properties"]["key"] = True  # is a schema itself, and valid as part of the document
    document = documents.asyncapi()
    holders = {
        "channel": document["channels"],
        "operation": document["operations"],
        "message": document["components"]["messages"],
    }[kind]
    for holder in holders.values():
        jsonschema.validate(holder["bindings"]["kafka"], schema)


def test_every_reference_of_the_asyncapi_document_leads_somewhere():
    document = documents.asyncapi()
    references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))
    assert len(references) > 50
    for reference in references:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
