"""The risks a request may name: said at whichever door they are heard of."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from chassis.web.fields import broken
from contracts import codes

DANGERS_MAX: Final = 7


def _each_danger_once(value: list[codes.Danger]) -> list[codes.Danger]:
    if len(set(value)) != len(value):
        raise broken("must name each danger once")
    return value


Dangers = Annotated[
    list[codes.Danger],
    Field(
        max_length=DANGERS_MAX,
        description="Risks you heard of or saw. Naming any alarms a person of the network at once.",
    ),
    AfterValidator(_each_danger_once),
]
