"""Reading the values of events: one validated call for a whole batch, and kind to what is newer.

Promise    A value written by any later version of the same major is read: fields it
           adds are passed over, coded values it adds are read as ``other``.
Price      Types are strict; a value that breaks its schema fails the batch it is in,
           and the caller looks for it by halves.
Not here   The envelope: see ``contracts.envelope``.

A batch is read as ``reader.validate_json(b"[" + b",".join(values) + b"]")``.
"""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

OTHER: Final = "other"

Reader = TypeAdapter[list[dict[str, Any]]]


def _as_other(_unknown: str) -> str:
    return OTHER


# The known members are tried first, inside pydantic's core; only an unknown
# one costs a call into Python.
_UNKNOWN_MEMBER: Final = Annotated[str, AfterValidator(_as_other)]


@cache
def reader_for(model: type[BaseModel]) -> Reader:
    """A reader of lists of ``model``'s values, as plain dictionaries."""
    return cast("Reader", TypeAdapter(cast("Any", list)[_tolerant_record(model)]))


def _tolerant_record(model: type[BaseModel]) -> Any:
    hints: Mapping[str, Any] = get_type_hints(model, include_extras=True)
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind = _tolerant(hints[name])
        if not field.is_required():
            # What an older producer could not know yet is read as its default.
            kind = NotRequired[Annotated[kind, Field(default=field.get_default())]]
        fields[name] = kind
    record: Any = cast("Any", TypedDict)(model.__name__, fields)
    record.__pydantic_config__ = ConfigDict(strict=True, extra="ignore")
    return record


def _tolerant(kind: Any) -> Any:
    """``kind`` as a reader takes it: closed lists of codes opened, wherever they stand in it."""
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *metadata = get_args(kind)
        return Annotated[_tolerant(inner), *metadata]
    if origin is Literal:
        return Annotated[kind | _UNKNOWN_MEMBER, Field(union_mode="left_to_right")]
    if origin in {Union, UnionType}:
        return Union[tuple(_tolerant(part) for part in get_args(kind))]  # noqa: UP007 - any number of parts
    if origin is list:
        (part,) = get_args(kind)
        return cast("Any", list)[_tolerant(part)]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _tolerant_record(kind)
    return cast("Any", kind)
