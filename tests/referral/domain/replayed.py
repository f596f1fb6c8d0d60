"""How everything stands by the events alone: what a reader knows who has nothing else."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chassis.outbox import NewEvent
from services.referral.domain.onward import Held
from tests.referral.domain.desk_casework import FullDesk

View = dict[str, dict[UUID, Any]]
KINDS = (
    "referral",
    "episode",
    "worker",
    "wait",
    "helping",
    "contact",
    "visit",
    "goal",
    "steps",
    "plan",
    "measure",
    "onward",
    "consent",
    "flag",
    "alarm",
    "merged",
    "dead",
    "gone",
)


def an_empty_view() -> View:
    return {kind: {} for kind in KINDS}


class Reader:
    """Folds events one by one; each subject's versions follow each other without a gap."""

    def __init__(self, versions: dict[str, int]) -> None:
        self.versions = versions
        self.view = an_empty_view()
        self.late_told: set[UUID] = set()
        self.reviews_told: set[tuple[UUID, Any]] = set()

    def read(self, event: NewEvent) -> None:
        """Take an event as it was built."""
        self.hear(event.subject, event.aggregate_version, type(event.data).type, event.data)

    def hear(self, subject: str, version: int, kind: str, told: Any) -> None:
        """Take an event as it was stored, or as anybody hears of it."""
        assert version == self.versions.get(subject, 0) + 1, (subject, version, kind)
        self.versions[subject] = version
        _, name, _ = kind.split(".")
        handler: Callable[[Any], None] = getattr(self, name.replace("-", "_"))
        handler(told)

    def person_registered(self, told: Any) -> None:
        """Nothing that stands here."""

    def person_updated(self, told: Any) -> None:
        """Nothing that stands here."""

    def referral_created(self, told: Any) -> None:
        assert told.opened_episode == (told.episode_id not in self.view["episode"])
        self.view["referral"][told.referral_id] = (told.episode_id, "received")
        self.view["episode"][told.episode_id] = (told.person_id, True)
        if told.opened_episode:
            self.view["worker"][told.episode_id] = None
            self.view["wait"][told.episode_id] = "runs"

    def referral_status_changed(self, told: Any) -> None:
        episode_id, status = self.view["referral"][told.referral_id]
        assert (episode_id, status) == (told.episode_id, told.previous_status)
        self.view["referral"][told.referral_id] = (episode_id, told.status)
        is_open = any(
            one == episode_id and status in {"received", "accepted"}
            for one, status in self.view["referral"].values()
        )
        person_id, _ = self.view["episode"][episode_id]
        self.view["episode"][episode_id] = (person_id, is_open)

    def episode_closed(self, told: Any) -> None:
        assert self.view["episode"][told.episode_id] == (told.person_id, False)
        made = [one for one in self.view["contact"].values() if one[0] == told.episode_id]
        assert told.contacts_made == sum(one[1] == "made" and not one[3] for one in made)

    def episode_reopened(self, told: Any) -> None:
        assert self.view["episode"][told.episode_id] == (told.person_id, True)

    def episode_handed_over(self, told: Any) -> None:
        assert self.view["episode"][told.episode_id] == (told.person_id, False)
        self.view["gone"][told.handover_id] = (told.episode_id, None)

    def episode_continued(self, told: Any) -> None:
        assert self.view["gone"][told.handover_id] == (told.continues_episode_id, None)
        self.view["gone"][told.handover_id] = (told.continues_episode_id, told.episode_id)

    def handover_refused(self, told: Any) -> None:
        assert self.view["gone"][told.handover_id] == (told.episode_id, None)
        self.view["gone"][told.handover_id] = (told.episode_id, told.problem)

    def referral_triaged(self, told: Any) -> None:
        self.view["helping"][told.referral_id] = (told.triage_number, told.proposed_role, None)

    def role_assigned(self, told: Any) -> None:
        number, proposed, _ = self.view["helping"][told.referral_id]
        assert proposed == told.proposed_role
        self.view["helping"][told.referral_id] = (number, proposed, told.role)

    def referral_re_routed(self, told: Any) -> None:
        number, proposed, role = self.view["helping"][told.referral_id]
        assert role == told.previous_role != told.role
        self.view["helping"][told.referral_id] = (number, proposed, told.role)

    def worker_assigned(self, told: Any) -> None:
        assert self.view["worker"][told.episode_id] == told.previous_worker_id
        self.view["worker"][told.episode_id] = told.worker_id

    def complexity_set(self, told: Any) -> None:
        assert told.complexity != told.previous_complexity

    def wait_paused(self, told: Any) -> None:
        assert self.view["wait"][told.episode_id] == "runs"
        self.view["wait"][told.episode_id] = "paused"

    def wait_resumed(self, told: Any) -> None:
        assert self.view["wait"][told.episode_id] == "paused"
        self.view["wait"][told.episode_id] = "runs"

    def first_contact_overdue(self, told: Any) -> None:
        assert self.view["wait"][told.episode_id] == "runs"
        _, is_open = self.view["episode"][told.episode_id]
        assert is_open
        assert not self.has_contact(told.episode_id)

    def has_contact(self, episode_id: UUID) -> bool:
        return any(
            one[0] == episode_id and one[1] == "made" and not one[3]
            for one in self.view["contact"].values()
        )

    def contact_made(self, told: Any) -> None:
        assert told.first_contact == (not self.has_contact(told.episode_id))
        numbers = [one[2] for one in self.view["contact"].values() if one[0] == told.episode_id]
        assert told.contact_number not in numbers
        if self.view["worker"][told.episode_id] is None:
            self.view["worker"][told.episode_id] = told.worker_id
        self.view["contact"][told.contact_id] = (
            told.episode_id,
            "made",
            told.contact_number,
            False,
        )

    def contact_missed(self, told: Any) -> None:
        self.view["contact"][told.contact_id] = (told.episode_id, "missed", None, False)

    def contact_attempted(self, told: Any) -> None:
        self.view["contact"][told.contact_id] = (told.episode_id, "attempted", None, False)

    def first_number(self, episode_id: UUID) -> int | None:
        return min(
            (
                one[2]
                for one in self.view["contact"].values()
                if one[0] == episode_id and one[1] == "made" and not one[3]
            ),
            default=None,
        )

    def contact_corrected(self, told: Any) -> None:
        episode_id, outcome, number, voided = self.view["contact"][told.contact_id]
        assert (outcome, number, voided) == (
            told.previous_outcome,
            told.previous_contact_number,
            False,
        )
        first = self.first_number(episode_id)
        assert told.was_first == (outcome == "made" and number == first)
        made_now = told.outcome == "made" and outcome != "made"
        if made_now and self.view["episode"][episode_id][1] and not self.view["worker"][episode_id]:
            self.view["worker"][episode_id] = told.worker_id
        self.view["contact"][told.contact_id] = (
            episode_id,
            told.outcome,
            told.contact_number,
            False,
        )
        after = self.first_number(episode_id)
        assert told.is_first == (told.outcome == "made" and told.contact_number == after)
        if told.was_first and not told.is_first:
            assert told.next_first_number == after

    def contact_voided(self, told: Any) -> None:
        episode_id, outcome, number, _ = self.view["contact"][told.contact_id]
        assert told.was_first == (outcome == "made" and number == self.first_number(episode_id))
        self.view["contact"][told.contact_id] = (episode_id, outcome, number, True)
        if told.was_first:
            assert told.next_first_number == self.first_number(episode_id)

    def visit_planned(self, told: Any) -> None:
        self.view["visit"][told.visit_id] = ("planned", None)

    def visit_status_changed(self, told: Any) -> None:
        assert self.view["visit"][told.visit_id][0] == told.previous_status
        self.view["visit"][told.visit_id] = (told.status, told.due_back_at)

    def visit_not_begun(self, told: Any) -> None:
        assert self.view["visit"][told.visit_id] == ("planned", None)
        assert self.view["episode"][told.episode_id][1]
        assert told.visit_id not in self.late_told, "that nobody began a visit is told once"
        self.late_told.add(told.visit_id)

    def goal_set(self, told: Any) -> None:
        self.view["goal"][told.goal_id] = ("set", 0)
        self.view["steps"][told.goal_id] = (told.steps, 0)

    def goal_updated(self, told: Any) -> None:
        assert self.view["goal"][told.goal_id] == (told.previous_status, told.update_number - 1)
        self.view["goal"][told.goal_id] = (told.status, told.update_number)

    def goal_steps_changed(self, told: Any) -> None:
        assert self.view["steps"][told.goal_id] != (told.steps, told.steps_done)
        self.view["steps"][told.goal_id] = (told.steps, told.steps_done)

    def plan_agreed(self, told: Any) -> None:
        assert told.episode_id not in self.view["plan"]
        self.view["plan"][told.episode_id] = (told.plan_version, told.review_on)

    def plan_reviewed(self, told: Any) -> None:
        assert self.view["plan"][told.episode_id][0] == told.plan_version - 1
        self.view["plan"][told.episode_id] = (told.plan_version, told.review_on)

    def review_due(self, told: Any) -> None:
        person_id, is_open = self.view["episode"][told.episode_id]
        assert is_open
        assert not {person_id, self.view["merged"].get(person_id)} & self.view["dead"].keys()
        day = (told.goal_id or told.episode_id, told.review_on)
        assert day not in self.reviews_told, "a day to look again is told once"
        self.reviews_told.add(day)

    def measure_recorded(self, told: Any) -> None:
        self.view["measure"][told.measure_id] = (told.occasion, told.baseline_measure_id)

    def consent_given(self, told: Any) -> None:
        assert told.renewed == (told.consent_id in self.view["consent"])
        self.view["consent"][told.consent_id] = ("given", tuple(told.scope), told.expires_on)

    def consent_narrowed(self, told: Any) -> None:
        assert set(told.scope) <= set(self.view["consent"][told.consent_id][1])
        self.view["consent"][told.consent_id] = ("given", tuple(told.scope), told.expires_on)

    def consent_revoked(self, told: Any) -> None:
        status, scope, expires_on = self.view["consent"][told.consent_id]
        assert status == "given"
        self.view["consent"][told.consent_id] = ("revoked", scope, expires_on)

    def consent_expired(self, told: Any) -> None:
        status, scope, expires_on = self.view["consent"][told.consent_id]
        assert status == "given"
        self.view["consent"][told.consent_id] = ("expired", scope, expires_on)

    def risk_flag_raised(self, told: Any) -> None:
        self.view["flag"][told.risk_flag_id] = (told.review_by, True)

    def risk_flag_reviewed(self, told: Any) -> None:
        assert self.view["flag"][told.risk_flag_id][1]
        self.view["flag"][told.risk_flag_id] = (told.review_by, True)

    def risk_flag_review_due(self, told: Any) -> None:
        assert self.view["flag"][told.risk_flag_id] == (told.review_by, True)

    def risk_flag_ended(self, told: Any) -> None:
        review_by, stands = self.view["flag"][told.risk_flag_id]
        assert stands
        self.view["flag"][told.risk_flag_id] = (review_by, False)

    def onward_referral_drafted(self, told: Any) -> None:
        self.view["onward"][told.onward_referral_id] = ("draft", "worker")

    def onward_referral_sent(self, told: Any) -> None:
        self.view["onward"][told.onward_referral_id] = ("sent", "provider")

    def onward_referral_answered(self, told: Any) -> None:
        self.view["onward"][told.onward_referral_id] = (told.ending or told.stage, told.holder)

    def onward_referral_started(self, told: Any) -> None:
        self.view["onward"][told.onward_referral_id] = ("started", "person")

    def onward_referral_attended(self, told: Any) -> None:
        self.view["onward"][told.onward_referral_id] = ("attended", None)

    def onward_referral_ended(self, told: Any) -> None:
        self.view["onward"][told.onward_referral_id] = (told.ending, None)

    def onward_referral_passed_on(self, told: Any) -> None:
        self.view["onward"][told.onward_referral_id] = (told.stage, told.holder)

    def onward_referral_nudge_due(self, told: Any) -> None:
        stage, holder = self.view["onward"][told.onward_referral_id]
        assert (stage, told.holder in {holder, "worker"}) == (told.stage, True)
        self.view["onward"][told.onward_referral_id] = (told.stage, told.holder)

    def onward_referral_listing_gone(self, told: Any) -> None:
        self.view["onward"][told.onward_referral_id] = (told.stage, "worker")

    def onward_referral_listing_back(self, told: Any) -> None:
        assert self.view["onward"][told.onward_referral_id] == (told.stage, told.holder)

    def safety_alarm_raised(self, told: Any) -> None:
        self.view["alarm"][told.alarm_id] = ("raised", told.level, told.holder)

    def safety_alarm_escalated(self, told: Any) -> None:
        status, level, _ = self.view["alarm"][told.alarm_id]
        # What somebody answered and nobody closed is everybody's again.
        assert (status, level) in {("raised", told.level - 1), ("acknowledged", told.level - 1)}
        assert status == "raised" or told.holder is None
        self.view["alarm"][told.alarm_id] = ("raised", told.level, told.holder)

    def safety_alarm_acknowledged(self, told: Any) -> None:
        status, level, _ = self.view["alarm"][told.alarm_id]
        assert status == "raised"
        self.view["alarm"][told.alarm_id] = ("acknowledged", level, told.acknowledged_by)

    def safety_alarm_closed(self, told: Any) -> None:
        status, level, by = self.view["alarm"][told.alarm_id]
        assert status == "acknowledged"
        self.view["alarm"][told.alarm_id] = ("closed", level, by)

    def person_merged(self, told: Any) -> None:
        self.view["merged"][told.merged_person_id] = told.person_id

    def person_unmerged(self, told: Any) -> None:
        assert self.view["merged"].pop(told.merged_person_id) == told.person_id

    def person_died(self, told: Any) -> None:
        self.view["dead"][told.person_id] = True

    def person_death_withdrawn(self, told: Any) -> None:
        del self.view["dead"][told.person_id]


def as_held(desk: FullDesk) -> View:
    """The same view, of what the domain's objects hold."""
    view = an_empty_view()
    view["referral"] = {one.id: (one.episode_id, one.status) for one in desk.referrals}
    for episode in desk.episodes:
        view["episode"][episode.id] = (episode.person_id, episode.is_open)
        view["worker"][episode.id] = episode.worker_id
        view["wait"][episode.id] = "paused" if desk.waits[episode.id].paused else "runs"
    view["contact"] = {
        one.id: (one.episode_id, one.fact.outcome, one.number, one.voided_at is not None)
        for one in desk.contacts
    }
    view["visit"] = {one.id: (one.status, one.due_back_at) for one in desk.visits}
    view["goal"] = {one.id: (one.status, one.update_count) for one in desk.goals}
    view["steps"] = {
        goal_id: (len(steps), sum(one.done for one in steps))
        for goal_id, steps in desk.steps.items()
    }
    view["plan"] = {one: (plan.version, plan.review_on) for one, plan in desk.plans.items()}
    view["measure"] = {one.id: (one.occasion, one.baseline_id) for one in desk.measures}
    view["helping"] = {
        one: (helping.triage_count, helping.proposed, helping.role)
        for one, helping in desk.helping.items()
    }
    view["onward"] = {
        one.id: (one.standing.stage, one.standing.holder)
        if isinstance(one.standing, Held)
        else (one.standing.ending, None)
        for one in desk.onwards
    }
    view["consent"] = {
        one.id: (one.status, tuple(sorted(one.scope)), one.expires_on) for one in desk.consents
    }
    view["flag"] = {one.id: (one.review_by, one.ended_at is None) for one in desk.flags}
    view["alarm"] = {
        one.id: (
            one.status,
            one.level,
            one.holder if one.status == "raised" else one.acknowledged_by,
        )
        for one in desk.alarms
    }
    view["merged"] = {one.id: one.merged_into for one in desk.people if one.merged_into}
    view["dead"] = {one.id: True for one in desk.people if one.deceased}
    view["gone"] = {
        one.id: (one.episode_id, one.opened_episode_id or one.problem) for one in desk.handovers
    }
    return view
