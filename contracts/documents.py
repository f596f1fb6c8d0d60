"""What is published of the contracts, written from the models: schemas, examples, AsyncAPI.

Promise    The committed files are what the models say; ``contracts.generate --check``
           refuses anything else, so the difference is the review.
Not here   Whether a difference may be released: see ``contracts.compatibility``.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from contracts import envelope
from contracts.envelope import ATTRIBUTES, Envelope
from contracts.event import EventData, event_types
from contracts.topics import REGISTER_STREAM, TOPICS, Topic, topic_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_STREAM_EXAMPLES: Final = {"pcn": "U99001", "region": "QZZ"}
_STREAM_MEANINGS: Final = {"pcn": "the code of the PCN", "region": "the code of the region"}


def schema_of(model: type[EventData]) -> dict[str, Any]:
    """The JSON Schema a value of ``model`` meets when it is written."""
    schema = model.model_json_schema()
    schema.pop("title")
    return {
        "$schema": DIALECT,
        "$id": model.data_schema,
        "title": model.type,
        "description": summary_of(model),
        **{key: schema[key] for key in schema if key != "description"},
    }


def summary_of(model: type[EventData]) -> str:
    return " ".join((model.__doc__ or "").split())


def value_of(model: type[EventData]) -> EventData:
    """The example value: the first example of each field."""
    examples: dict[str, Any] = {}
    for name, schema in model.model_json_schema()["properties"].items():
        examples[name] = _first_example(schema)
    return model.model_validate_json(json.dumps(examples))


def _first_example(schema: Mapping[str, Any]) -> Any:
    for part in (schema, *schema.get("anyOf", ())):
        if "examples" in part:
            return part["examples"][0]
    message = f"a field has no example: {schema}"
    raise LookupError(message)


def stream_of(model: type[EventData]) -> str:
    """The stream the example is in."""
    if is_register(model):
        return REGISTER_STREAM
    return _STREAM_EXAMPLES[_stream_kind(model)] + model.stream_suffix


def stream_meaning(model: type[EventData]) -> str:
    if is_register(model):
        return f"`{REGISTER_STREAM}`"
    meaning = _STREAM_MEANINGS[_stream_kind(model)]
    return f"{meaning} and `{model.stream_suffix}`" if model.stream_suffix else meaning


def _stream_kind(model: type[EventData]) -> str:
    return model.stream_kind or topic_of(model.owner).stream_kind


def is_register(model: type[EventData]) -> bool:
    return model.__module__.split(".")[1] == "register"


def example_of(model: type[EventData]) -> dict[str, Any]:
    """One whole record as it stands on the topic: headers, key and value."""
    shown = {attribute.header: attribute.example for attribute in ATTRIBUTES}
    value = json.loads(value_of(model).model_dump_json())
    stream = stream_of(model)
    subject = f"{model.subject_kind}/{_subject_id(model, value)}"
    related = (f"person/{value['person_id']}",) if "person_id" in value else ()
    headers = Envelope(
        id=UUID(shown["ce_id"]),
        type=model.type,
        source=model.source,
        subject=subject,
        time=datetime.fromisoformat(shown["ce_time"]),
        recorded_time=datetime.fromisoformat(shown["ce_recordedtime"]),
        data_schema=model.data_schema,
        stream=stream,
        epoch=1,
        number=1,
        aggregate_version=1,
        related_subjects=() if model.subject_kind == "person" else related,
        correlation_id=shown["ce_correlationid"],
        causation_id=shown["ce_causationid"],
        traceparent=shown["traceparent"],
    ).to_headers()
    return {
        "topic": topic_of(model.owner).name,
        "key": stream,
        "headers": {name: value.decode() for name, value in headers},
        "value": value,
    }


def _subject_id(model: type[EventData], value: Mapping[str, Any]) -> str:
    """The id or code of what the event is about, which its value always carries."""
    kind = model.subject_kind
    if f"{kind}_id" in value:
        return str(value[f"{kind}_id"])
    return str(next(text for name, text in value.items() if name.endswith("_code")))


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document: who tells what on which topic, in which envelope."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Waymark events",
            "version": "1.0.0",
            "description": (
                "What the services of Waymark tell each other about social prescribing. "
                "CloudEvents 1.0 in Kafka's binary mode; the record key is the stream, within "
                "which events are numbered without gaps. Readers pass over fields they do not "
                "know and read codes they do not know as `other`."
            ),
            "license": {"name": "MIT"},
        },
        "defaultContentType": envelope.CONTENT_TYPE,
        "servers": {
            "kafka": {
                "host": "kafka.waymark.example:9092",
                "protocol": "kafka",
                "description": "Any Apache Kafka that speaks protocol 2.1 or later.",
            }
        },
        "channels": {topic.owner: _channel(topic) for topic in TOPICS},
        "operations": {f"tell-{topic.owner}": _operation(topic) for topic in TOPICS},
        "components": {
            "messages": {name: _message(model) for name, model in event_types().items()},
            "messageTraits": {"cloudEvent": {"headers": _header_schema()}},
            "schemas": {name: _payload(model) for name, model in event_types().items()},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    kinds = {_stream_kind(model) for model in event_types(topic.owner).values()}
    return {
        "address": topic.name,
        "description": f"Everything {topic.owner} tells, numbered per {' or '.join(sorted(kinds))}.",
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in event_types(topic.owner)
        },
        "bindings": {
            "kafka": {
                "bindingVersion": "0.5.0",
                "topic": topic.name,
                "partitions": 24,
                "replicas": 3,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
            }
        },
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.owner}"},
        "summary": f"The {topic.owner} service is the only one that writes here.",
        "messages": [
            {"$ref": f"#/channels/{topic.owner}/messages/{name}"}
            for name in event_types(topic.owner)
        ],
        "bindings": {"kafka": {"bindingVersion": "0.5.0"}},
    }


def _message(model: type[EventData]) -> dict[str, Any]:
    example = example_of(model)
    return {
        "name": model.type,
        "title": model.__name__,
        "summary": summary_of(model),
        "contentType": envelope.CONTENT_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{model.type}"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": {
            "kafka": {
                "bindingVersion": "0.5.0",
                "key": {
                    "type": "string",
                    "description": f"The stream: {stream_meaning(model)}.",
                    "examples": [stream_of(model)],
                },
            }
        },
        "examples": [{"headers": example["headers"], "payload": example["value"]}],
    }


def _payload(model: type[EventData]) -> dict[str, Any]:
    # The document is JSON Schema draft 7, which has all that the schemas use.
    schema = {key: part for key, part in schema_of(model).items() if key not in {"$schema", "$id"}}
    return cast("dict[str, Any]", _moved_to(f"#/components/schemas/{model.type}", schema))


def _moved_to(place: str, part: Any) -> Any:
    """What a schema refers to within itself, from where it stands in a larger document."""
    if isinstance(part, dict):
        return {
            name: f"{place}{str(one).removeprefix('#')}"
            if name == "$ref"
            else _moved_to(place, one)
            for name, one in cast("dict[str, Any]", part).items()
        }
    if isinstance(part, list):
        return [_moved_to(place, one) for one in cast("list[Any]", part)]
    return part


def _header_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": [attribute.header for attribute in ATTRIBUTES if attribute.required],
        "properties": {
            attribute.header: {
                "type": "string",
                "pattern": f"^{attribute.pattern}$",
                "description": attribute.meaning,
                "examples": [attribute.example],
            }
            for attribute in ATTRIBUTES
        },
    }


def envelope_table() -> str:
    """The attributes of the envelope, as a table for people."""
    rows = ["| header | always | what it says | for example |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{a.header}` | {'yes' if a.required else 'where known'} | {a.meaning} | `{a.example}` |"
        for a in ATTRIBUTES
    ]
    return "\n".join(rows)


def events_table() -> str:
    """Every event, as a table for people."""
    rows = [
        "| event | topic | stream | subject | what happened |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows += [
        f"| [`{name}`](schemas/{name}.json) | `{topic_of(model.owner).name}` "
        f"| {stream_meaning(model)} | `{model.subject_kind}/…` | {summary_of(model)} |"
        for name, model in event_types().items()
    ]
    return "\n".join(rows)


def as_json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: Any, indent: int = 0) -> str:
    """``document`` as YAML. Strings are quoted as in JSON, which YAML reads the same."""
    pad = "  " * indent
    if isinstance(document, dict) and document:
        fields = cast("dict[str, Any]", document)
        return "\n".join(
            f"{pad}{_key(key)}:{_below(value, indent)}" for key, value in fields.items()
        )
    if isinstance(document, list) and document:
        parts = cast("list[Any]", document)
        return "\n".join(f"{pad}- {as_yaml(part, indent + 1).lstrip()}" for part in parts)
    return f"{pad}{json.dumps(document, ensure_ascii=False)}"


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() else json.dumps(key)


def _below(value: Any, indent: int) -> str:
    nested = isinstance(value, dict | list) and bool(value)  # pyright: ignore[reportUnknownArgumentType]
    text = as_yaml(value, indent + 1)
    return f"\n{text}" if nested else f" {text.lstrip()}"
