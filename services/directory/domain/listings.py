"""The rules of listings: who may do what with which, and what becomes of it.

Promise    Nothing here reads a clock, a row or a request.
Not here   The shapes of Open Referral UK (``open_referral``), what is different between two
           versions (``listing_changes``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

ListingState = Literal["draft", "published", "doubted", "hidden", "withdrawn"]
Step = Literal["publish", "restore", "doubt", "hide", "withdraw"]
Source = Literal["region", "network", "group", "evidence"]
Standing = Literal["registrar", "manager", "owner", "worker", "platform"]

PUBLIC: Final = frozenset[ListingState]({"published", "doubted"})
PUBLISHERS: Final = frozenset[Standing]({"registrar", "manager", "platform"})
SOURCES: Final[Mapping[Standing, Source]] = {
    "registrar": "region",
    "manager": "network",
    "worker": "network",
    "owner": "group",
    "platform": "evidence",
}

# From which states a step is taken, and where it leads.
_STEPS: Final[Mapping[Step, tuple[frozenset[ListingState], ListingState]]] = {
    "publish": (frozenset({"draft", "doubted", "hidden", "withdrawn"}), "published"),
    "restore": (frozenset({"doubted", "hidden", "withdrawn"}), "published"),
    "doubt": (frozenset({"published"}), "doubted"),
    "hide": (frozenset({"published", "doubted"}), "hidden"),
    "withdraw": (frozenset({"published", "doubted", "hidden"}), "withdrawn"),
}

DOUBT_ALERT: Final = "Some of this may no longer be right. Please ask before you go."


class PublishingNotAllowed(Exception):
    """This standing may suggest a listing, but not publish one."""


class StepNotAllowed(Exception):
    """This standing may not take this step with a listing in this state."""


class StepNotPossible(Exception):
    """No such step leads from the state the listing is in."""


class ContentBroken(Exception):
    """Two facts of a listing do not go together."""

    def __init__(self, pointer: str, rule: str) -> None:
        super().__init__(pointer)
        self.pointer = pointer
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who keeps listings: of regions, as a network's manager or worker, or their own."""

    member_key: str
    keeps: frozenset[str] = frozenset()
    manages: frozenset[str] = frozenset()
    works_in: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    is_platform: bool = False
    """Nobody: what happened to a listing has it doubted, hidden and brought back."""

    @property
    def regions(self) -> frozenset[str]:
        """Every region whose listings they may look at, drafts too."""
        return self.keeps | self.manages | self.works_in

    def standing(self, region_code: str, organization_id: str) -> Standing | None:
        """Say how they stand to a listing of this organisation; the widest right comes first."""
        if self.is_platform:
            return "platform"
        if region_code in self.keeps:
            return "registrar"
        if region_code in self.manages:
            return "manager"
        if organization_id in self.organizations:
            return "owner"
        return "worker" if region_code in self.works_in else None


def speaks_alone(standing: Standing, *, own_changes_wait: bool) -> bool:
    """Whether what they say of a listing holds without anybody's approval."""
    return standing in PUBLISHERS or (standing == "owner" and not own_changes_wait)


def may_decide(standing: Standing, suggested_by: Source, *, own_changes_wait: bool) -> bool:
    """Whether they may accept a suggestion: publishers any, a group what others suggest of its own."""
    if standing in PUBLISHERS:
        return True
    return standing == "owner" and suggested_by != "group" and not own_changes_wait


def state_when_entered(
    standing: Standing, *, publish: bool | None, own_changes_wait: bool
) -> ListingState:
    """A publisher's listing is published unless kept back; a suggestion waits as a draft."""
    alone = speaks_alone(standing, own_changes_wait=own_changes_wait)
    if publish and not alone:
        raise PublishingNotAllowed
    return "published" if alone and publish is not False else "draft"


def state_after(
    step: Step, state: ListingState, standing: Standing, *, own_changes_wait: bool
) -> ListingState:
    """Give the state a step leads to; a step that was taken already leads where it led."""
    if not _may(step, state, standing, own_changes_wait=own_changes_wait):
        raise StepNotAllowed
    before, after = _STEPS[step]
    if state == after:
        return state
    if state not in before:
        raise StepNotPossible
    return after


def _may(step: Step, state: ListingState, standing: Standing, *, own_changes_wait: bool) -> bool:
    """A region's and a network's publishers may all; a group takes its own away and brings it back.

    What somebody else has hidden a group does not bring back by itself.
    """
    if standing in PUBLISHERS:
        return True
    if standing != "owner":
        return False
    if step == "withdraw":
        return True
    return step in {"publish", "restore"} and state != "hidden" and not own_changes_wait


def check_content(content: Mapping[str, Any]) -> None:
    """What each fact of a listing cannot know of the others."""
    youngest, oldest = content.get("minimum_age"), content.get("maximum_age")
    if youngest is not None and oldest is not None and youngest > oldest:
        raise ContentBroken("/minimum_age", "must not be above maximum_age")
    places = len(content.get("locations", ()))
    for index, schedule in enumerate(content.get("schedules", ())):
        if schedule.get("at_location", -1) >= places:
            raise ContentBroken(
                f"/schedules/{index}/at_location", "must be one of the listing's locations"
            )


def with_doubt(
    content: Mapping[str, Any],
    field_sources: Mapping[str, Any],
    state: ListingState,
    doubted_by: Mapping[str, str],
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The content as the public sees it, and the sources to it.

    What is doubted says so before anything else it says, and who doubts it since which day.
    """
    if state != "doubted":
        return content, field_sources
    said = content.get("alert")
    alert = f"{DOUBT_ALERT}\n{said}" if said else DOUBT_ALERT
    return {**content, "alert": alert}, {**field_sources, "alert": dict(doubted_by)}


ASSURANCE: Final = ("assured_date", "assurer_email")


def with_assurance(
    content: Mapping[str, Any],
    field_sources: Mapping[str, Any],
    assured_on: str | None,
    assurer_email: str | None,
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The content with who confirmed it when, and the sources to it, as the public sees them.

    Its owner's answer to us is a confirmation. What somebody wrote of one, here or in a feed, is
    kept as their word, and not shown as ours.
    """
    given = (("assured_date", assured_on), ("assurer_email", assurer_email))
    known = {name: value for name, value in given if value is not None and assured_on is not None}
    said_by = {name: {"source": SOURCES["owner"], "day": assured_on} for name in known}
    shown = {name: value for name, value in content.items() if name not in ASSURANCE}
    sources = {name: value for name, value in field_sources.items() if name not in ASSURANCE}
    return {**shown, **known}, {**sources, **said_by}


def days_of(content: Mapping[str, Any]) -> list[str]:
    """The days of the week on which anything of it takes place."""
    given = (day for one in content.get("schedules", ()) for day in one.get("byday", "").split(","))
    return sorted({day[-2:] for day in given if day})
