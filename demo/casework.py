"""Everything that was done for one person, drawn as the steps in which it is told.

What a step needs to be taken is kept by the order: nothing before the referral, nothing after the
support has ended but its reopening, no pause once somebody has spoken with the person.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from demo import shares
from demo.days import drawn, later
from demo.instruments import answers_of
from demo.loops import loops_of
from demo.region import Network
from demo.steps import Of, Step
from demo.telling import ContactStep, Story

WORKER_AT: Final = "/referrals/{referral}/worker"
_MATTERS: Final = (
    "Having somebody to talk to in the week.",
    "Getting out of the house again.",
    "Not being afraid of the post any more.",
    "Sleeping through, and feeling useful.",
    "Seeing my grandchildren without worrying about the bus.",
)
_SUPPORT: Final = (
    "We look together at what is on near home, and go the first time together.",
    "One letter at a time, with somebody beside me.",
    "A short walk every other day; my neighbour comes along.",
)
_SUMMARIES: Final = (
    "They know where to turn, and go there by themselves.",
    "What mattered most has been put in order; the rest is under way.",
    "They would rather stop here for now and know how to come back.",
)
_RISKS: Final = (("falls", 3), ("animal", 3), ("do-not-visit-alone", 2), ("self-harm", 1))
_ROLE_REASONS: Final = (("person-wishes", 3), ("skills", 3), ("capacity", 2), ("knows-worker", 1))
_WITHDRAWN_AS: Final = (("not-engaged", 7), ("moved-away", 2), ("other", 1))
_REOPENED_FOR: Final = (("needs-returned", 5), ("person-asked", 3), ("closed-by-mistake", 1))
_FACTS: Final[Mapping[str, tuple[str, str]]] = {
    "care-coordinator": ("high", "low"),
    "health-coach": ("medium", "some"),
    "link-worker": ("high", "low"),
}
"""Complexity and confidence that go with a role, so that the rules mostly propose it."""


def casework_of(draw: random.Random, story: Story, network: Network, today: date) -> Story:
    """The story with the steps of its casework."""
    drawing = _Drawing(draw, story, network, today)
    drawing.wait()
    drawing.work()
    drawing.end()
    return replace(story, steps=tuple(sorted(drawing.steps, key=lambda step: step.at)))


class _Drawing:
    """One story's casework while it is being drawn."""

    def __init__(self, draw: random.Random, story: Story, network: Network, today: date) -> None:
        self.steps: list[Step] = []
        self._draw = draw
        self._story = story
        self._network = network
        self._today = today
        now = datetime.combine(today, time(), UTC)
        self._end = story.ending[0] if story.ending else now

    def wait(self) -> None:
        """What happens before the first contact: triage, a role, a worker, a pause."""
        draw, story = self._draw, self._story
        first = story.contacts[0].at if story.contacts else self._end
        at = story.referred_at + (first - story.referred_at) * draw.uniform(0.05, 0.2)
        if draw.random() < shares.TRIAGED:
            self._triage(at)
        if draw.random() < shares.ALLOCATED and story.made:
            self._add(
                at + timedelta(minutes=30), "before", "worker", WORKER_AT,
                {"worker_id": Of("worker")}, method="PUT", role="pcn-manager",
                version_of="worker-version", read_at=WORKER_AT,
            )  # fmt: skip
        begin, end = at + timedelta(hours=20), first - timedelta(hours=20)
        if draw.random() < shares.PAUSED and end - begin > timedelta(days=2):
            path = "/referrals/{referral}/pauses"
            body = {"reason": drawn(draw, shares.PAUSE_REASONS)}
            self._add(begin, "before", "pause", path, body, name="pause")
            if story.contacts:
                self._add(end, "before", "resume", f"{path}/{{pause}}/end", {})

    def _triage(self, at: datetime) -> None:
        draw, role = self._draw, self._story.role
        complexity, confidence = _FACTS[role]
        if role == "link-worker" and draw.random() < 0.5:
            complexity = "medium"
        facts = {"complexity": complexity, "confidence": confidence}
        self._add(at, "before", "triage", "/referrals/{referral}/triage", facts)
        chosen = "care-navigator" if draw.random() < shares.RE_ROUTED else role
        body = {"role": chosen, "reason": drawn(draw, _ROLE_REASONS)}
        minute = timedelta(minutes=1)
        self._add(at + 9 * minute, "before", "role", "/referrals/{referral}/role", body)
        if chosen != role:
            body = {
                "to_role": role,
                "reason": "needs-several-contacts",
                "note": "They would not get there by advice alone.",
            }
            self._add(
                at + 25 * minute, "before", "re-route", "/referrals/{referral}/re-route", body
            )

    def work(self) -> None:
        """What happens once somebody has spoken with the person."""
        story, draw = self._story, self._draw
        made = story.made
        if not made:
            return
        spoken_at = made[0].at
        self._visits()
        self._corrections()
        self._measures(made)
        if len(made) >= 2 and draw.random() < shares.PLANNED:
            self._plan(made)
        if draw.random() < shares.CONSENTED_TO_SHARE:
            self._consent(spoken_at + timedelta(minutes=20))
        if draw.random() < shares.RISK:
            self._risk(spoken_at + timedelta(minutes=25))
        self.steps += loops_of(draw, story, self._end)

    def _visits(self) -> None:
        for number, contact in enumerate(self._story.contacts):
            is_visit = contact.mode == "home-visit" and contact.outcome != "attempted"
            if not is_visit or self._draw.random() >= shares.VISIT_LOGGED:
                continue
            name, minutes = f"visit-{number}", contact.minutes or 30
            planned_at = max(
                self._story.referred_at + timedelta(minutes=40), contact.at - timedelta(days=3)
            )
            body = {"planned_for": contact.at.isoformat(), "expected_minutes": minutes + 15}
            path = "/referrals/{referral}/visits"
            self._add(planned_at, "during", "visit", path, body, name=name)
            if contact.outcome == "missed":
                self._add(
                    contact.at, "during", "cancellation", f"/visits/{{{name}}}/cancellation", {}
                )
                continue
            self._add(contact.at, "during", "check-in", f"/visits/{{{name}}}/check-in", {})
            left_at = contact.at + timedelta(minutes=minutes)
            self._add(left_at, "during", "check-out", f"/visits/{{{name}}}/check-out", {})

    def _corrections(self) -> None:
        draw = self._draw
        for number, contact in enumerate(self._story.contacts):
            if contact.outcome != "made":
                continue
            name, chance = f"contact-{number}", draw.random()
            at = later(draw, contact.at, 21, self._today)
            if chance < shares.CORRECTED:
                body = {
                    "reason": draw.choice(("mistyped", "learned-later")),
                    "minutes": (contact.minutes or 0) + 10,
                }
                path = f"/contacts/{{{name}}}/corrections"
                self._add(at, "during", "correction", path, body, version_of=name)
            elif number and chance < shares.CORRECTED + shares.VOIDED:
                path = f"/contacts/{{{name}}}/voiding"
                body = {"reason": "wrong-person"}
                self._add(at, "during", "voiding", path, body, version_of=name)

    def _measures(self, made: tuple[ContactStep, ...]) -> None:
        draw = self._draw
        chance = draw.random()
        if chance >= shares.BASELINE:
            return
        instrument = drawn(draw, shares.INSTRUMENTS)
        path = "/referrals/{referral}/measures"
        body = {"occasion": "baseline", **answers_of(draw, instrument, self._story.needs)}
        self._add(made[0].at + timedelta(minutes=15), "during", "baseline", path, body)
        if chance < shares.FOLLOW_UP and len(made) >= 2:
            body = {
                "occasion": "follow-up",
                **answers_of(draw, instrument, self._story.needs, better=True),
            }
            self._add(made[-1].at + timedelta(minutes=15), "during", "follow-up", path, body)

    def _plan(self, made: tuple[ContactStep, ...]) -> None:
        draw, path = self._draw, "/referrals/{referral}/plan"
        at = made[1].at + timedelta(minutes=10)
        body = {
            "what_matters": draw.choice(_MATTERS),
            "support": draw.choice(_SUPPORT),
            "review_on": (at.date() + timedelta(days=56)).isoformat(),
        }
        self._add(at, "during", "plan", path, body, method="PUT", version_of="plan")
        if len(made) >= 4 and draw.random() < shares.PLAN_REVIEWED:
            at = made[-1].at + timedelta(minutes=10)
            body = body | {"review_on": (at.date() + timedelta(days=56)).isoformat()}
            self._add(at, "during", "plan-reviewed", path, body, method="PUT", version_of="plan")

    def _consent(self, at: datetime) -> None:
        draw = self._draw
        chance = draw.random()
        # What is taken back must not have come to its last day before.
        lasts = chance >= shares.CONSENT_REVOKED + shares.CONSENT_NARROWED and draw.random() < 0.8
        last_day = (at.date() + timedelta(days=draw.choice((180, 365)))).isoformat()
        body = {
            "recipient": {"kind": "practice", "id": self._story.practice.code},
            "purpose": "feedback",
            "scope": ["needs", "goals", "measures"],
            "expires_on": last_day if lasts else None,
            "said_how": draw.choice(("spoken", "written")),
        }
        path = "/people/{person}/consents"
        self._add(at, "during", "consent", path, body, name="consent")
        at = later(draw, at, 40, self._today)
        if chance < shares.CONSENT_REVOKED:
            path = "/consents/{consent}/revocation"
            self._add(
                at,
                "during",
                "consent-revoked",
                path,
                {},
                version_of="consent",
                read_at="/consents/{consent}",
            )
        elif chance < shares.CONSENT_REVOKED + shares.CONSENT_NARROWED:
            path, body = "/consents/{consent}/narrowing", {"scope": ["needs"]}
            self._add(
                at,
                "during",
                "consent-narrowed",
                path,
                body,
                version_of="consent",
                read_at="/consents/{consent}",
            )

    def _risk(self, at: datetime) -> None:
        body = {
            "kind": drawn(self._draw, _RISKS),
            "review_by": (at.date() + timedelta(days=60)).isoformat(),
            "note": "Said at the first conversation.",
        }
        self._add(at, "during", "risk", "/people/{person}/risk-flags", body, name="risk")
        at += timedelta(days=50)
        if self._draw.random() < 0.4:
            path, body = "/risk-flags/{risk}/ending", {"reason": "no-longer-holds"}
            self._add(
                at,
                "during",
                "risk-ended",
                path,
                body,
                version_of="risk",
                read_at="/risk-flags/{risk}",
            )
        elif self._draw.random() < 0.6:
            path = "/risk-flags/{risk}/reviews"
            body = {"review_by": (at.date() + timedelta(days=90)).isoformat()}
            self._add(
                at,
                "during",
                "risk-reviewed",
                path,
                body,
                version_of="risk",
                read_at="/risk-flags/{risk}",
            )

    def end(self) -> None:
        """How the support ends, and that it may go on after all."""
        story, draw = self._story, self._draw
        if story.ending is None:
            return
        at, how = story.ending
        outcome, what_next = self._outcome(how)
        body = {
            "outcome": outcome,
            "what_next": what_next,
            "summary": draw.choice(_SUMMARIES),
            "loops": "keep" if how == "completed" else "withdraw",
        }
        self._add(at, "after", "closing", "/referrals/{referral}/closing", body)
        if how == "completed" and draw.random() < shares.REOPENED:
            again = later(draw, at, 30, self._today)
            if again.date() < self._today and again - at < timedelta(days=80):
                body = {"reason": drawn(draw, _REOPENED_FOR)}
                path = "/referrals/{referral}/reopening"
                self.steps.append(Step(again, "after", "reopening", path, body))

    def _outcome(self, how: str) -> tuple[str, str]:
        if how in {"declined", "unreachable"}:
            return how, "nothing-further"
        if how == "withdrawn":
            return drawn(self._draw, _WITHDRAWN_AS), "practice-to-act"
        met = [goal for goal in self._story.goals if goal.updates and goal.updates[-1][1] == "met"]
        what_next = drawn(
            self._draw, (("carries-on-alone", 5), ("carries-on-in-activity", 5), ("other", 1))
        )
        if not met:
            return "support-complete", what_next
        return ("goals-met" if len(met) == len(self._story.goals) else "partly-met"), what_next

    def _add(
        self, at: datetime, phase: Any, what: str, path: str, body: Mapping[str, Any], **more: Any
    ) -> None:
        """Take a step, unless the support has ended by then or it is yet to come."""
        if at <= self._end and at.date() < self._today:
            self.steps.append(Step(at, phase, what, path, body, **more))
