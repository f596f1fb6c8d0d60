"""The person's own copy of what was agreed: in plain words, to read, to keep and to show to others.

Promise    What the person and the worker wrote stands as they wrote it. Around it are short words
           that need no explaining; a day is written as people say it.
Not here   Who may have it, and by which door.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from textwrap import wrap
from typing import Final

from services.referral.domain.calendar import LONDON
from services.referral.domain.waiting import PAUSE_WORDS, PauseReason

LINE_LENGTH_MAX: Final = 72  # of a printed page in large type

WHO_HELPS: Final = {
    "link-worker": (
        "a link worker",
        "They take time to hear what matters to you, and help you find people and places near you.",
    ),
    "health-coach": (
        "a health and wellbeing coach",
        "They help you build the skills and the belief to look after your health your way.",
    ),
    "care-coordinator": (
        "a care coordinator",
        "They help you get the care you need and see that those who care for you work together.",
    ),
    "care-navigator": ("a care navigator", "They tell you where to turn for what you need."),
}
_VOWELS: Final = frozenset("aeioAEIO")  # a title that begins with U mostly sounds like you
SOMEBODY: Final = ("a worker of your local team", "They will say who they are when you speak.")


@dataclass(frozen=True, slots=True)
class CopiedStep:
    """One step, as it was written."""

    what: str
    done: bool


@dataclass(frozen=True, slots=True)
class CopiedGoal:
    """A goal that goes on, as it was written."""

    description: str | None
    measure: str | None
    target_date: date | None
    steps: Sequence[CopiedStep] = ()


@dataclass(frozen=True, slots=True)
class Waits:
    """Somebody is to speak with the person for the first time by the end of a day, or later."""

    due_on: date
    paused_for: PauseReason | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything the person's copy says."""

    name: str
    made_on: date
    role: str | None
    what_matters: str | None
    support: str | None
    review_on: date | None
    next_visit_at: datetime | None
    goals: Sequence[CopiedGoal] = ()
    waits: Waits | None = None
    title: str | None = None
    """What the network calls whoever helps, where it says so."""

    @property
    def who_helps(self) -> str:
        """Who helps, by the name they have there, else in words that need no explaining."""
        if self.title:
            return f"{'an' if self.title[0] in _VOWELS else 'a'} {self.title}"
        return WHO_HELPS.get(self.role or "", SOMEBODY)[0]

    @property
    def what_they_do(self) -> str:
        """What those who help do."""
        return WHO_HELPS.get(self.role or "", SOMEBODY)[1]

    @property
    def while_you_wait(self) -> str | None:
        """Why nothing has happened yet, and by when it will; None once somebody spoke with them."""
        if self.waits is None:
            return None
        if self.waits.paused_for is not None:
            return f"{PAUSE_WORDS[self.waits.paused_for]} Tell us when you want to go on."
        if self.waits.due_on < self.made_on:
            return "We wanted to speak with you by now. We are sorry that you still wait."
        return f"We want to speak with you by {spoken(self.waits.due_on)}."

    @property
    def next_visit(self) -> str | None:
        """The visit that comes next, by the clocks of England."""
        if self.next_visit_at is None:
            return None
        at = self.next_visit_at.astimezone(LONDON)
        return f"{spoken(at.date())}, {at:%H:%M}"


def spoken(day: date) -> str:
    """Give a day as people say it: Monday 2 March 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def as_text(copy: Copy) -> str:
    """Write the copy on a page that can be printed anywhere."""
    page = [f"My plan: {copy.name}", f"Written on {spoken(copy.made_on)}", ""]
    page += _part("Who helps me", [f"I have {copy.who_helps}. {copy.what_they_do}"])
    if copy.while_you_wait:
        page += _part("While you wait", [copy.while_you_wait])
    page += _part("What matters to me", [copy.what_matters or "We have not written this yet."])
    if copy.support:
        page += _part("What will help", [copy.support])
    page += _part("My goals", _goals(copy.goals))
    page += _part("The next visit", [copy.next_visit or "No visit is planned now."])
    if copy.review_on:
        page += _part("When we look at this again", [spoken(copy.review_on)])
    return "\n".join(page).rstrip() + "\n"


def _goals(goals: Sequence[CopiedGoal]) -> list[str]:
    if not goals:
        return ["We have not set a goal yet."]
    lines: list[str] = []
    for number, goal in enumerate(goals, start=1):
        lines.append(f"{number}. {goal.description or 'A goal we spoke about.'}")
        if goal.measure:
            lines.append(f"   How I will know: {goal.measure}")
        if goal.target_date:
            lines.append(f"   By: {spoken(goal.target_date)}")
        lines += [f"   [{'x' if step.done else ' '}] {step.what}" for step in goal.steps]
    return lines


def _part(heading: str, said: Sequence[str]) -> list[str]:
    lines = [heading, "-" * len(heading)]
    for text in said:
        for line in text.splitlines() or [""]:
            indent = " " * (len(line) - len(line.lstrip()))
            lines += wrap(line, LINE_LENGTH_MAX, subsequent_indent=indent) or [""]
    return [*lines, ""]
