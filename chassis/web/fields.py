"""Types of single values that more than one service takes, each with the rule it breaks aloud.

Promise    What passes can be stored: no NUL, no control characters, no lone surrogates, a length.
           A breach is told as a rule and a place, without the value.
Not here   What a value means to one service: its own models.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from annotated_types import GroupedMetadata
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError
from stdnum.gb import nhs

from chassis import clock

OCCURRED_LEEWAY_SECONDS = 60
NHS_NUMBER_LENGTH = 10
EARLIEST_YEAR = 1900
BATCH_ITEMS_MAX = 500
BATCH_KEY_LENGTH_MAX = 200

_LAYOUT = frozenset("\n\t")
_LINE_ENDS = frozenset("\u2028\u2029")
"""Ends of lines that are no control characters."""
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn"})
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class RequestModel(BaseModel):
    """What a request body is made of: unknown fields are refused, values stay out of faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def broken(rule: str) -> PydanticCustomError:
    """Make the finding of a validator of ours; ``rule`` says what must hold, without values.

    Only findings made here reach the caller in words: a plain ``ValueError`` may hold the value.
    """
    return PydanticCustomError("rule", rule)  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class PlainText(GroupedMetadata):
    """One line of text, trimmed: ``given_name: Annotated[str, PlainText(80)]``."""

    max_length: int
    min_length: int = 1

    def __iter__(self) -> Iterator[object]:
        """Give the rules in the order they apply."""
        yield StringConstraints(
            strip_whitespace=True, min_length=self.min_length, max_length=self.max_length
        )
        yield AfterValidator(_one_line)


@dataclass(frozen=True, slots=True)
class Prose(GroupedMetadata):
    """Text that may have several lines, trimmed: ``note: Annotated[str, Prose(2_000)]``."""

    max_length: int
    min_length: int = 1

    def __iter__(self) -> Iterator[object]:
        """Give the rules in the order they apply."""
        yield StringConstraints(
            strip_whitespace=True, min_length=self.min_length, max_length=self.max_length
        )
        yield AfterValidator(_several_lines)


def _one_line(value: str) -> str:
    if not _is_storable(value, frozenset()) or not _LINE_ENDS.isdisjoint(value):
        raise broken("must be one line without control characters")
    return unicodedata.normalize("NFC", value)


def _several_lines(value: str) -> str:
    value = value.replace("\r\n", "\n")
    if not _is_storable(value, _LAYOUT):
        raise broken("must not hold control characters")
    return unicodedata.normalize("NFC", value)


def _is_storable(value: str, layout: frozenset[str]) -> bool:
    if value.isascii() and value.isprintable():
        return True
    return not any(
        (unicodedata.category(character) in _UNPRINTABLE and character not in layout)
        or character in _DIRECTION_OVERRIDES
        for character in value
    )


def _nhs_number(value: str) -> str:
    compact = value.replace(" ", "").replace("-", "")
    # The library reads digits of any script; a stored number has ASCII digits alone.
    if not (compact.isascii() and compact.isdigit() and len(compact) == NHS_NUMBER_LENGTH):
        raise broken("must be an NHS number of ten digits")
    if not nhs.is_valid(compact):
        raise broken("must be an NHS number whose check digit fits")
    return compact


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _not_future(value: datetime) -> datetime:
    if value > clock.now() + timedelta(seconds=OCCURRED_LEEWAY_SECONDS):
        raise broken("must not lie in the future")
    if value.year < EARLIEST_YEAR:
        raise broken(f"must not lie before {EARLIEST_YEAR}")
    return value


NhsNumber = Annotated[
    str,
    StringConstraints(max_length=20),
    AfterValidator(_nhs_number),
    Field(description="Ten digits, the last a modulus 11 check digit; spaces are allowed."),
]

PracticeCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][0-9]{5}$"),
    BeforeValidator(_upper),
    Field(description="The ODS code of a general practice: a letter and five digits."),
]

PcnCode = Annotated[
    str,
    StringConstraints(pattern=r"^U[0-9]{5}$"),
    BeforeValidator(_upper),
    Field(description="The ODS code of a Primary Care Network: U and five digits."),
]

RegionCode = Annotated[
    str,
    StringConstraints(pattern=r"^Q[A-Z0-9]{2}$"),
    BeforeValidator(_upper),
    Field(description="The ODS code of an Integrated Care Board: Q and two characters."),
]

OrganisationCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9]{3,12}$"),
    BeforeValidator(_upper),
    Field(description="The ODS code of an organisation."),
]

OccurredAt = Annotated[
    AwareDatetime,
    AfterValidator(_not_future),
    Field(description="When it happened, with its offset from UTC; not in the future."),
]

BatchKey = Annotated[
    str,
    PlainText(BATCH_KEY_LENGTH_MAX),
    Field(description="The sender's own name for this item; remembered with its answer."),
]
