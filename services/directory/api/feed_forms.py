"""What may be sent of feeds, uploads and pairs of listings."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from chassis.web.fields import RequestModel, broken
from chassis.web.limits import BATCH_BODY_SIZE_MAX_BYTES
from services.directory.api.forms import Line, Name, Timed, WebAddress
from services.directory.api.listing_forms import NEEDS_MAX, NeedTerm
from services.directory.domain.foreign_terms import TermKey
from services.directory.domain.uploaded_rows import COLUMNS

EVERY_HOURS_MAX: Final = 24 * 31
TERMS_MAPPED_MAX: Final = 500


def _plain_address(value: str | object) -> object:
    text = str(value)
    if "@" in text.split("/")[2] or "?" in text or "#" in text:
        raise broken("must hold neither a name to sign in with, nor ? or #")
    return value


FeedAddress = Annotated[WebAddress, AfterValidator(_plain_address)]


class NewFeed(Timed):
    """Another directory whose listings come to your region."""

    name: Name
    base_url: FeedAddress | None = Field(
        None,
        description=(
            "Where its Open Referral UK API begins: what stands before /services. "
            "Left out, listings come by upload."
        ),
    )
    every_hours: int | None = Field(
        None, ge=1, le=EVERY_HOURS_MAX, description="Left out, it is run when somebody asks."
    )
    corrections_url: FeedAddress | None = Field(
        None, description="Where corrections are sent to after each run; left out, they are shown."
    )


class NewRun(RequestModel):
    """A run of a feed."""

    whole: bool = Field(
        default=False,
        description="Read everything, not only what changed since it was last read whole.",
    )


class NewUpload(RequestModel):
    """A file of listings."""

    format: Literal["csv", "json"]
    text: str = Field(
        min_length=1,
        max_length=BATCH_BODY_SIZE_MAX_BYTES,
        description=(
            "The file. JSON: services of Open Referral UK as a list, as a page, or one on each "
            f"line. CSV: columns {', '.join(COLUMNS)}."
        ),
    )


class MappedTerm(RequestModel):
    """A term of a feed, and the needs it speaks of there."""

    taxonomy: Line | None = Field(
        None, description="As the feed's terms show it; left out where it names none."
    )
    term: Line = Field(description="The term's code, or its name where it has no code.")
    needs: list[NeedTerm] = Field(
        max_length=NEEDS_MAX,
        description="Needs of the catalogue, broad or finer; none: it says none.",
    )

    @property
    def key(self) -> TermKey:
        """What the term is known by in its feed."""
        return self.taxonomy or "", self.term


class TermMapping(Timed):
    """Every term of a feed that is read as you say; the others are read by the rules."""

    items: list[MappedTerm] = Field(max_length=TERMS_MAPPED_MAX)

    @model_validator(mode="after")
    def _each_once(self) -> "TermMapping":
        if len({item.key for item in self.items}) != len(self.items):
            raise broken("must name each term once")
        return self

    @property
    def by_hand(self) -> dict[TermKey, tuple[str, ...]]:
        """The needs by what each term is known by."""
        return {item.key: tuple(dict.fromkeys(item.needs)) for item in self.items}


class MergeForm(Timed):
    """Which of two listings stays."""

    keep: Literal["first", "second"] = Field(
        description="The listing of the pair that speaks for both from now on."
    )


class DecisionForm(Timed):
    """A decision on a pair of listings."""


FEED_EXAMPLE: Final = {
    "name": "Example county directory (synthetic)",
    "base_url": "https://directory.example.org/oruk",
}
RUN_EXAMPLE: Final = {"whole": False}
UPLOAD_EXAMPLE: Final = {
    "format": "csv",
    "text": (
        "id,name,organization,needs,days,opens_at,closes_at\n"
        "1,Chair yoga,Example Hall (synthetic),loneliness,TU,10:00,11:00\n"
    ),
}
MAPPING_EXAMPLE: Final[dict[str, Any]] = {
    "items": [
        {"taxonomy": "County A to Z", "term": "CAR-07", "needs": ["carers-breaks"]},
        {"taxonomy": "County A to Z", "term": "BIN-01", "needs": []},
    ]
}
MERGE_EXAMPLE: Final = {"keep": "first"}
DECISION_EXAMPLE: Final[dict[str, str]] = {}
