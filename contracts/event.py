"""What every event has in common: closed and strict to write, with its name on the class.

Promise    What a producer can build is exactly what the committed schema says.
Price      A field once released stays, with its meaning and its type, for ever.
Not here   Reading, which forgives more: see ``contracts.reading``.
"""

import re
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

SCHEMA_BASE: Final = "https://waymark.example/schemas/"
_TYPE = re.compile(r"waymark\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*")

# One module per owner and major version. The register is published by the
# directory, but lives apart because the chassis of every service reads it.
MODULES: Final = (
    "contracts.referral.v1",
    "contracts.register.v1",
    "contracts.directory.v1",
    "contracts.notifications.v1",
)


class EventData(BaseModel):
    """The value of one event: ids, codes and coarse bands, never what identifies a person."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    type: ClassVar[str]
    owner: ClassVar[str]
    # What the subject is about: `<subject_kind>/<id>` in the envelope.
    subject_kind: ClassVar[str]
    # What its stream stands for, where that is not what its topic's streams mostly stand for.
    stream_kind: ClassVar[str] = ""
    # What follows the PCN's or region's code in the name of the stream, if anything.
    stream_suffix: ClassVar[str] = ""
    source: ClassVar[str]
    data_schema: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not hasattr(cls, "type"):
            return
        if _TYPE.fullmatch(cls.type) is None:
            message = f"{cls.__name__} calls itself {cls.type!r}, which is no event type"
            raise TypeError(message)
        cls.source = f"/{cls.owner}"
        cls.data_schema = f"{SCHEMA_BASE}{cls.type}.json"


@cache
def event_types(owner: str | None = None) -> dict[str, type[EventData]]:
    """Every event type, or those that ``owner`` publishes, by its name on the wire."""
    for module in MODULES:
        import_module(module)
    types = sorted(_told_types(EventData), key=lambda event: event.type)
    return {event.type: event for event in types if owner in {None, event.owner}}


def _told_types(base: type[EventData]) -> list[type[EventData]]:
    """All below ``base`` that have a type; those without hold what several have in common."""
    found: list[type[EventData]] = []
    for below in base.__subclasses__():
        found += [below] if "type" in vars(below) else _told_types(below)
    return found
