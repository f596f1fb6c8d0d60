"""What somebody with pencil and paper would answer: which moves are legal, and why the others are not.

Nothing here asks a rule of the domain. What happened is written down line by line, and each question
is answered by reading the lines: where the domain counts, this looks; where it keeps a status, this
takes the last line. An answer is the name of the refusal, or None, and then the line is written.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

OPEN = ("received", "accepted")
NEXT = {
    "received": ("accepted", "declined", "returned"),
    "accepted": ("closed",),
    "declined": ("closed",),
    "returned": ("closed",),
    "closed": (),
}
SUPPORT_WAS_GIVEN = ("goals-met", "partly-met", "support-complete", "not-engaged")
ROLES_HERE = ("link-worker", "health-coach")
MINUTE = timedelta(minutes=1)


@dataclass
class Support:
    """One episode, as its lines tell it."""

    of: UUID
    began: datetime
    ends: list[datetime] = field(default_factory=list[datetime])
    pauses: list[list[datetime]] = field(default_factory=list[list[datetime]])
    workers: list[UUID] = field(default_factory=list[UUID])
    complexity: list[str] = field(default_factory=lambda: ["medium"])
    given_away: list[str] = field(default_factory=list[str])
    plans: int = 0


class Paper:
    """Everything that was written down."""

    def __init__(self) -> None:
        self.lines: dict[UUID, list[str]] = {}
        self.of: dict[UUID, UUID] = {}
        self.supports: dict[UUID, Support] = {}
        self.triage: dict[UUID, list[tuple[str, str]]] = {}
        self.contacts: dict[UUID, list[str]] = {}
        self.of_contact: dict[UUID, UUID] = {}
        self.numbers: dict[UUID, list[int]] = {}
        self.visits: dict[UUID, list[str]] = {}
        self.of_visit: dict[UUID, UUID] = {}
        self.goals: dict[UUID, list[str]] = {}
        self.steps: dict[UUID, list[bool]] = {}
        self.baselines: set[UUID] = set()
        self.consents: dict[UUID, list[tuple[str, frozenset[str], date | None]]] = {}
        self.flags: dict[UUID, list[str]] = {}
        self.alarms: dict[UUID, list[str]] = {}
        self.answered_at: dict[UUID, datetime] = {}
        self.speaks: dict[UUID, UUID] = {}
        self.dead: set[UUID] = set()
        self.merges: list[tuple[UUID, UUID, UUID]] = []
        self.undone: set[UUID] = set()
        self.stood: dict[UUID, dict[UUID, str]] = {}
        self.came_by: dict[UUID, tuple[bool, list[str]]] = {}
        self.numbered: dict[UUID, str | None] = {}

    # --- reading ---------------------------------------------------------------------------------

    def status(self, referral: UUID) -> str:
        return self.lines[referral][-1]

    def of_support(self, support: UUID) -> list[UUID]:
        return [one for one, its in self.of.items() if its == support]

    def is_open(self, support: UUID) -> bool:
        return any(self.status(one) in OPEN for one in self.of_support(support))

    def who_speaks(self, person: UUID) -> UUID:
        return self.speaks.get(person, person)

    def open_of(self, person: UUID) -> list[UUID]:
        """The open supports of one human, under any record that is known to be theirs."""
        who = self.who_speaks(person)
        return [
            one
            for one, its in self.supports.items()
            if self.who_speaks(its.of) == who and self.is_open(one)
        ]

    def has_contact(self, support: UUID) -> bool:
        return any(
            self.of_contact[one] == support and lines[-1] == "made"
            for one, lines in self.contacts.items()
        )

    def is_dead(self, person: UUID) -> bool:
        return self.who_speaks(person) in self.dead or person in self.dead

    def of_the_living(self, support: UUID) -> str | None:
        return "person-has-died" if self.is_dead(self.supports[support].of) else None

    # --- referrals and their answers -------------------------------------------------------------

    def may_refer(self, person: UUID) -> str | None:
        return "person-has-died" if self.who_speaks(person) in self.dead else None

    def did_refer(self, person: UUID, referral: UUID, support: UUID, at: datetime) -> None:
        self.lines[referral] = ["received"]
        self.of[referral] = support
        self.triage[referral] = []
        if support not in self.supports:
            self.supports[support] = Support(self.who_speaks(person), at)

    def answers(self, referral: UUID, status: str, at: datetime) -> str | None:
        if status not in NEXT[self.status(referral)]:
            return "status-cannot-follow"
        self._write(referral, status, at)
        return None

    def _write(self, referral: UUID, status: str, at: datetime) -> None:
        was_open = self.is_open(self.of[referral])
        self.lines[referral].append(status)
        if was_open and not self.is_open(self.of[referral]):
            self.supports[self.of[referral]].ends.append(at)

    def _needs_open(self, referral: UUID) -> str | None:
        return None if self.status(referral) in OPEN else "referral-not-open"

    def proposes(self, referral: UUID, role: str) -> str | None:
        if why := self._needs_open(referral):
            return why
        if any(word == "chosen" for word, _ in self.triage[referral]):
            return "role-chosen"
        self.triage[referral].append(("proposed", role))
        return None

    def chooses(self, referral: UUID, role: str, *, has_reason: bool) -> str | None:
        if why := self._needs_open(referral):
            return why
        lines = self.triage[referral]
        if any(word == "chosen" for word, _ in lines):
            return "role-chosen"
        if not lines:
            return "not-triaged"
        if role not in ROLES_HERE:
            return "role-not-here"
        if role != lines[-1][1] and not has_reason:
            return "choice-needs-reason"
        lines.append(("chosen", role))
        return None

    def re_routes(self, referral: UUID, role: str) -> str | None:
        if why := self._needs_open(referral):
            return why
        lines = self.triage[referral]
        words = [word for word, _ in lines]
        if "chosen" not in words:
            return "role-not-chosen"
        if "re-routed" in words:
            return "re-routed-already"
        if role == lines[-1][1]:
            return "same-role"
        if role not in ROLES_HERE:
            return "role-not-here"
        lines.append(("re-routed", role))
        return None

    def _too_early(self, support: UUID, at: datetime) -> bool:
        return at < self.supports[support].began - MINUTE

    # --- waiting, allocation ---------------------------------------------------------------------

    def pauses(self, referral: UUID, at: datetime, now: datetime) -> str | None:
        support = self.of[referral]
        its = self.supports[support]
        if at > now + MINUTE:
            return "occurred-in-the-future"
        if self._too_early(support, at):
            return "occurred-before-referral"
        if not self.is_open(support) or self.has_contact(support):
            return "not-waiting"
        if any(len(one) == 1 for one in its.pauses):
            return "wait-already-paused"
        if at < max([its.began, *(one[1] for one in its.pauses)]):
            return "occurred-before-referral"
        its.pauses.append([at])
        return None

    def resumes(self, referral: UUID, at: datetime) -> str | None:
        support = self.of[referral]
        its = self.supports[support]
        if not self.is_open(support) or self.has_contact(support):
            return "not-waiting"
        if not any(len(one) == 1 for one in its.pauses):
            return "wait-not-paused"
        its.pauses[-1].append(at)
        return None

    def assigns(self, referral: UUID, worker: UUID) -> str | None:
        its = self.supports[self.of[referral]]
        if not self.is_open(self.of[referral]):
            return "episode-not-open"
        if its.workers[-1:] == [worker]:
            return "already-with-worker"
        its.workers.append(worker)
        return None

    def weighs(self, referral: UUID, complexity: str) -> str | None:
        its = self.supports[self.of[referral]]
        if not self.is_open(self.of[referral]):
            return "episode-not-open"
        if its.complexity[-1] == complexity:
            return "complexity-stands"
        its.complexity.append(complexity)
        return None

    # --- contacts and visits ---------------------------------------------------------------------

    def may_speak(
        self, referral: UUID, outcome: str, reason: str | None, at: datetime, now: datetime
    ) -> str | None:
        if at > now + MINUTE:
            return "occurred-in-the-future"
        if self._too_early(self.of[referral], at):
            return "occurred-before-referral"
        if (outcome == "missed") != (reason is not None):
            return "contact-outcome-unfit"
        return self._needs_open(referral)

    def did_speak(
        self, referral: UUID, contact: UUID, outcome: str, worker: UUID | None
    ) -> int | None:
        """Give the number such a contact has."""
        support = self.of[referral]
        self.contacts[contact] = [outcome]
        self.of_contact[contact] = support
        if outcome != "made":
            return None
        its = self.supports[support]
        if not its.workers and worker is not None:
            its.workers.append(worker)
        return self._number(support)

    def _number(self, support: UUID) -> int:
        given = self.numbers.setdefault(support, [])
        given.append(len(given) + 1)
        return given[-1]

    def corrects(
        self, contact: UUID, outcome: str, reason: str | None, worker: UUID | None
    ) -> str | None:
        lines = self.contacts[contact]
        if lines[-1] == "void":
            return "contact-void"
        if (outcome == "missed") != (reason is not None):
            return "contact-outcome-unfit"
        if lines[-1] == outcome:
            return "nothing-corrected"
        lines.append(outcome)
        if outcome == "made":
            support = self.of_contact[contact]
            self._number(support)
            its = self.supports[support]
            if self.is_open(support) and not its.workers and worker is not None:
                its.workers.append(worker)
        return None

    def voids(self, contact: UUID) -> str | None:
        if self.contacts[contact][-1] == "void":
            return "contact-void"
        self.contacts[contact].append("void")
        return None

    def may_plan_visit(self, referral: UUID, days_ahead: int) -> str | None:
        if days_ahead > 366:
            return "visit-time-unlikely"
        return self._needs_open(referral) or self.of_the_living(self.of[referral])

    def visit_steps(self, visit: UUID, step: str) -> str | None:
        lines = self.visits[visit]
        if step in {"check-in", "cancel"}:
            fits = lines == ["planned"]
        else:
            fits = "check-in" in lines and "check-out" not in lines
        if not fits:
            return "visit-cannot-follow"
        lines.append(step)
        return None

    # --- goals, the plan, measures ---------------------------------------------------------------

    def may_set_goal(self, referral: UUID, review_in: int | None) -> str | None:
        if review_in is not None and review_in <= 0:
            return "review-day-unlikely"
        return self.of_the_living(self.of[referral]) or self._needs_open(referral)

    def goal_moves(
        self, goal: UUID, support: UUID, status: str, review_in: int | None, *, corrects: bool
    ) -> str | None:
        if review_in is not None and review_in <= 0:
            return "review-day-unlikely"
        if not self.is_open(support):
            return "episode-not-open"
        has_ended = self.goals[goal][-1] in {"met", "dropped"}
        if corrects and not has_ended:
            return "nothing-corrected"
        goes_on = corrects and status == "progressing"
        if (has_ended and not goes_on) or status == "set":
            return "goal-ended"
        self.goals[goal].append(status)
        return None

    def goal_steps(self, goal: UUID, support: UUID, place: int | None, *, done: bool) -> str | None:
        if not self.is_open(support):
            return "episode-not-open"
        if self.goals[goal][-1] in {"met", "dropped"}:
            return "goal-ended"
        steps = self.steps[goal]
        if place is None:
            steps.append(False)
            return None
        if steps[place] == done:
            return "step-stands-so"
        steps[place] = done
        return None

    def agrees(self, referral: UUID, review_in: int | None) -> str | None:
        if review_in is not None and review_in <= 0:
            return "review-day-unlikely"
        if not self.is_open(self.of[referral]):
            return "episode-not-open"
        if why := self.of_the_living(self.of[referral]):
            return why
        self.supports[self.of[referral]].plans += 1
        return None

    def measures(self, referral: UUID, occasion: str) -> str | None:
        if occasion == "follow-up":
            return None
        if why := self._needs_open(referral):
            return why
        if self.of[referral] in self.baselines:
            return "baseline-stands"
        self.baselines.add(self.of[referral])
        return None

    # --- the person's word -----------------------------------------------------------------------

    def stands(self, person: UUID, today: date) -> bool:
        lines = self.consents.get(person, [])
        return bool(lines) and lines[-1][0] == "given" and not _is_over(lines[-1][2], today)

    def consents_to(
        self, person: UUID, scope: frozenset[str], last_day: date | None, today: date
    ) -> str | None:
        if _is_over(last_day, today):
            return "consent-too-short"
        lines = self.consents.setdefault(person, [])
        if self.stands(person, today):
            _, before, until = lines[-1]
            wider = scope >= before and _at_least(last_day, until)
            if not wider or (scope, last_day) == (before, until):
                return "consent-stands"
        lines.append(("given", scope, last_day))
        return None

    def narrows(
        self, person: UUID, scope: frozenset[str], last_day: date | None, today: date
    ) -> str | None:
        if not self.stands(person, today):
            return "consent-ended"
        if _is_over(last_day, today):
            return "consent-too-short"
        _, before, until = self.consents[person][-1]
        takes_none_away = (scope, last_day) == (before, until)
        if takes_none_away or not (scope <= before and _at_least(until, last_day)):
            return "consent-not-narrower"
        self.consents[person].append(("given", scope, last_day))
        return None

    def revokes(self, person: UUID, today: date) -> str | None:
        if not self.stands(person, today):
            return "consent-ended"
        _, scope, last_day = self.consents[person][-1]
        self.consents[person].append(("revoked", scope, last_day))
        return None

    def flag_moves(self, flag: UUID, step: str, review_in: int = 1) -> str | None:
        if self.flags[flag][-1] == "ended":
            return "risk-flag-ended"
        if step == "reviewed" and not 0 <= review_in <= 366:
            return "review-day-unfit"
        self.flags[flag].append(step)
        return None

    def alarm_moves(self, alarm: UUID, step: str, now: datetime) -> str | None:
        last = self.alarms[alarm][-1]
        if last == "closed":
            return "alarm-closed"
        if step == "acknowledged" and last == "acknowledged":
            return "alarm-answered"
        if step == "closed" and last != "acknowledged":
            return "alarm-not-answered"
        self.alarms[alarm].append(step)
        if step == "acknowledged":
            self.answered_at[alarm] = now
        return None

    def alarms_come_back(self, now: datetime) -> None:
        """Whoever answered an alarm has a day to close it; then it is everybody's again."""
        for alarm, steps in self.alarms.items():
            if steps[-1] == "acknowledged" and now >= self.answered_at[alarm] + timedelta(hours=24):
                steps.append("raised")

    # --- the end, and going on -------------------------------------------------------------------

    def closes(
        self, referral: UUID, outcome: str, loops: str | None, open_loops: int, at: datetime
    ) -> str | int:
        """Why not; or how many facts it is."""
        support = self.of[referral]
        if not self.is_open(support):
            return "episode-not-open"
        if open_loops and loops is None:
            return "loops-open"
        facts = 1 + (open_loops if loops == "withdraw" else 0) + self._calls_off(support)
        for one in self.of_support(support):
            for status in self._way_out(one, outcome):
                self._write(one, status, at)
                facts += 1
        return facts

    def _way_out(self, referral: UUID, outcome: str) -> list[str]:
        status = self.status(referral)
        if status == "accepted":
            return ["closed"]
        if status != "received":
            return []
        if outcome in SUPPORT_WAS_GIVEN:
            return ["accepted", "closed"]
        return ["declined" if outcome == "declined" else "returned"]

    def reopens(self, referral: UUID, at: datetime) -> str | None:
        support = self.of[referral]
        its = self.supports[support]
        if why := self.of_the_living(support):
            return why
        if any(one != "refused" for one in its.given_away):
            return "goes-on-elsewhere"
        if self.is_open(support):
            return "episode-still-open"
        if any(
            merged == its.of and merge in self.stood and merge not in self.undone
            for merge, _, merged in self.merges
        ):
            return "closed-as-duplicate"
        if self.open_of(its.of):
            return "newer-episode-open"
        if self.status(referral) not in {"closed", "declined"}:
            return "referral-not-reopened"
        if (at.date() - its.ends[-1].date()).days > 90:
            return "reopening-too-late"
        self.lines[referral].append("accepted")
        return None

    def gives_away(self, referral: UUID, at: datetime) -> str | int:
        support = self.of[referral]
        if not self.is_open(support):
            return "episode-not-open"
        return self.of_the_living(support) or self._leaves(support, at)

    def gives_back(self, referral: UUID, at: datetime) -> str | int:
        support = self.of[referral]
        if not self.is_open(support):
            return "episode-not-open"
        if why := self.of_the_living(support):
            return why
        if referral not in self.came_by:
            return "not-handed-over"
        opened, returned = self.came_by[referral]
        if returned:
            return "handover-returned"
        if not opened:
            return "handover-joined-support"
        returned.append("returned")
        return self._leaves(support, at)

    def _leaves(self, support: UUID, at: datetime) -> int:
        self.supports[support].given_away.append("pending")
        leaving = [one for one in self.of_support(support) if self.status(one) in OPEN]
        for one in leaving:
            self._write(one, "closed", at)
        return len(leaving) + 1 + self._calls_off(support)

    def merges_into(
        self, merge: UUID, kept: UUID, merged: UUID, at: datetime, *, checked: bool
    ) -> str | int:
        if kept == merged:
            return "merge-of-one"
        if {kept, merged} & self.speaks.keys():
            return "person-merged-already"
        if merged in self.speaks.values():
            return "person-holds-merged-records"
        numbers = {self.numbered[kept], self.numbered[merged]} - {None}
        if len(numbers) == 2 and not checked:
            return "nhs-numbers-differ"
        if (kept in self.dead) != (merged in self.dead):
            return "death-recorded-on-one"
        facts, theirs = 1, self.open_of(merged)
        if theirs and self.open_of(kept):
            closing = [one for one in self.of_support(theirs[0]) if self.status(one) in OPEN]
            self.stood[merge] = {one: self.status(one) for one in closing}
            for one in closing:
                self._write(one, "closed", at)
            facts += len(closing)
        self.speaks[merged] = kept
        self.merges.append((merge, kept, merged))
        return facts

    def unmerges(self, merge: UUID) -> str | int:
        kept, merged = next((kept, merged) for one, kept, merged in self.merges if one == merge)
        if merge in self.undone:
            return "merge-undone"
        later = [one for one, into, _ in self.merges if into == kept and one not in self.undone]
        if later[-1] != merge:
            return "later-merge-stands"
        self.undone.add(merge)
        del self.speaks[merged]
        facts = 1
        for referral, status in self.stood.get(merge, {}).items():
            self.lines[referral].append(status)
            facts += 1
        return facts

    def dies(self, person: UUID) -> str | int:
        """Why not; or how many visits are called off, and the death itself."""
        who = self.who_speaks(person)
        if who in self.dead:
            return "person-has-died"
        self.dead.add(who)
        return 1 + sum(
            self._calls_off(one)
            for one, its in self.supports.items()
            if self.who_speaks(its.of) == who
        )

    def _calls_off(self, support: UUID) -> int:
        planned = [
            lines
            for visit, lines in self.visits.items()
            if lines == ["planned"] and self.of_visit[visit] == support
        ]
        for lines in planned:
            lines.append("cancel")
        return len(planned)

    def lives(self, person: UUID) -> str | None:
        who = self.who_speaks(person)
        if who not in self.dead:
            return "person-has-not-died"
        self.dead.remove(who)
        return None


def _is_over(last_day: date | None, today: date) -> bool:
    return last_day is not None and last_day < today


def _at_least(later: date | None, earlier: date | None) -> bool:
    return later is None or (earlier is not None and later >= earlier)
