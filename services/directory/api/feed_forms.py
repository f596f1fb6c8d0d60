"""What may be sent of feeds, uploads and pairs of listings."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from chassis.web.fields import RequestModel, broken
from chassis.web.limits import BATCH_BODY_SIZE_MAX_BYTES
from services.directory.api.forms import Name, Timed, WebAddress
from services.directory.domain.uploaded_rows import COLUMNS

EVERY_HOURS_MAX: Final = 24 * 31


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
MERGE_EXAMPLE: Final = {"keep": "first"}
DECISION_EXAMPLE: Final[dict[str, str]] = {}
