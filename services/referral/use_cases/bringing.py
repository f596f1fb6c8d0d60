"""Bringing along what support needs where it goes on: flags, plan, goals, baselines, consents.

Promise    It runs in the transaction that opens the support there, under the handover's lock: all
           of it happened or nothing, once, whatever is tried again. Each thing brought is told as
           one event in the stream of the network that takes, caused by the one that told that the
           support goes on there.
Not here   What goes along and what does not: ``domain.bringing``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from contracts import codes
from services.referral import published
from services.referral.domain.bringing import DIRECT_CARE, what_goes
from services.referral.domain.consent import Recipient
from services.referral.domain.episodes import Episode, Goal, Referral
from services.referral.domain.goals import GoalTerms, first_steps
from services.referral.domain.handover import Handover
from services.referral.domain.measures import MeasureHeld
from services.referral.domain.plans import Agreement, Plan, Review
from services.referral.published import Moment
from services.referral.published.measures import measure_recorded
from services.referral.published.plans import plan_agreed
from services.referral.store import about_person as people
from services.referral.store import bringing as store
from services.referral.store import consent as consents
from services.referral.store import goals as goal_store
from services.referral.store import measures, plans
from services.referral.store.episodes import write_episodes, write_goals
from services.referral.use_cases.bringing_person import BringingPerson
from services.referral.use_cases.goals import step_row


@dataclass(frozen=True, slots=True)
class Bringing:
    """One handover that was opened, and where it goes on; episode and person are locked."""

    made: Handover
    episode: Episode
    referral_id: UUID
    practice_code: str
    at: Moment
    cause: str
    """The event that told that it goes on here."""

    async def bring_over(self, connection: Connection) -> None:
        """Bring everything that goes along."""
        record = await people.lock_record(connection, self.episode.person_id)
        if record is None:
            raise LookupError(self.episode.person_id)
        now = self.at.recorded_at
        person = BringingPerson(self.made, record, Moment(now, now), self.cause)
        await person.bring_flags(connection)
        await person.bring_consents(connection)
        goes = await self._what_goes(connection)
        if "plan" in goes:
            await self._plan(connection)
        if "goals" in goes:
            await self._goals(connection)
        if "measures" in goes:
            await self._baselines(connection)

    @property
    def _now(self) -> Moment:
        """What is brought stands here from when it became known here."""
        return Moment(self.at.recorded_at, self.at.recorded_at)

    async def _what_goes(self, connection: Connection) -> frozenset[str]:
        """Ask now what the person agreed to, and note who has it."""
        made = self.made
        taker = Recipient("pcn", made.to_pcn_code)
        permission = await consents.may_share(
            connection, made.person_id, taker, DIRECT_CARE, self.at.recorded_at
        )
        permitted = permission.scope if permission else frozenset[str]()
        goes = what_goes(permitted)
        if permission is not None:
            await consents.note_shared(connection, [(permission, goes)], self.at.recorded_at)
        return goes

    async def _plan(self, connection: Connection) -> None:
        """Bring the plan, unless support that was here before has one."""
        episode = self.episode
        theirs = await plans.load_plan(connection, self.made.episode_id)
        ours = await plans.load_plan(connection, episode.id)
        if theirs.version == 0 or theirs.what_matters is None or ours.version > 0:
            return
        plan = Plan(episode.id, 1, theirs.what_matters, theirs.support, theirs.review_on)
        moment, event_id, version = self._now, new_id(), episode.next_version()
        referral = Referral(self.referral_id, episode.id, self.practice_code, self.made.pcn_code)
        event = plan_agreed(
            Agreement(plan, first=True, words_changed=True),
            referral,
            episode,
            None,
            event_id=event_id,
            version=version,
            moment=moment,
            continues_episode_id=self.made.episode_id,
        )
        row = {
            "episode_id": episode.id,
            "version": plan.version,
            "what_matters": plan.what_matters,
            "support": plan.support,
            "review_on": plan.review_on,
            "event_id": event_id,
            "continues_episode_id": self.made.episode_id,
            **self._placed(moment),
        }
        await write_episodes(connection, [episode])
        await plans.insert_version(connection, row)
        if plan.review_on is not None:
            review = self._review(episode.id, "plan", plan.review_on)
            await plans.set_reviews(connection, {episode.id: episode.pcn_code}, [review])
        await outbox.record(connection, [replace(event, causation_id=self.cause)])

    async def _goals(self, connection: Connection) -> None:
        brought = await store.list_goals(connection, self.made.episode_id, self.episode.id)
        steps = await goal_store.load_steps(connection, [goal_id for goal_id, _ in brought])
        for theirs_id, terms in brought:
            left = [step.what for step in steps.get(theirs_id, ()) if not step.done]
            await self._goal(connection, theirs_id, terms, left)

    async def _goal(
        self, connection: Connection, theirs_id: UUID, terms: GoalTerms, left: list[str]
    ) -> None:
        """Bring one goal: as it is agreed, with the steps that are still to be taken."""
        episode, moment = self.episode, self._now
        goal = Goal(new_id(), episode.id, self.referral_id, self.practice_code)
        version = episode.next_version()
        row = {
            "id": goal.id,
            "need": terms.need,
            "description": terms.description,
            "measure": terms.measure,
            "target_date": terms.target_date,
            "review_on": terms.review_on,
            "status": goal.status,
            "update_count": goal.update_count,
            "version": goal.version,
            "continues_id": theirs_id,
            "episode_id": episode.id,
            **self._placed(moment),
        }
        await write_goals(connection, episodes=[episode], goals=[row])
        steps = [step_row(step, goal, episode, moment) for step in first_steps(goal.id, left)]
        await goal_store.write_steps(connection, steps)
        if terms.review_on is not None:
            review = self._review(goal.id, "goal", terms.review_on)
            await plans.set_reviews(connection, {episode.id: episode.pcn_code}, [review])
        event = published.goal_set(
            goal,
            episode,
            need=cast("codes.Need | None", terms.need),
            target_date=terms.target_date,
            worker_id=None,
            event_id=new_id(),
            version=version,
            moment=moment,
            review_on=terms.review_on,
            steps=len(steps),
            continues_goal_id=theirs_id,
        )
        await outbox.record(connection, [replace(event, causation_id=self.cause)])

    async def _baselines(self, connection: Connection) -> None:
        """Bring what follow-ups are compared with, without the notes beside it."""
        for theirs in await store.list_baselines(connection, self.made.episode_id, self.episode.id):
            await self._baseline(connection, theirs)

    async def _baseline(self, connection: Connection, theirs: Mapping[str, Any]) -> None:
        episode = self.episode
        told = {name: value for name, value in theirs.items() if name != "id"}
        scores = [measures.score_of(one) for one in told.pop("scores")]
        held = MeasureHeld(
            **told,
            id=new_id(),
            practice_code=self.practice_code,
            referral_id=self.referral_id,
            episode_id=episode.id,
            baseline_id=None,
            scores=scores,
            note=None,
        )
        version = episode.next_version()
        moment = Moment(held.occurred_at, self.at.recorded_at)
        row = {
            "id": held.id,
            "episode_id": episode.id,
            "instrument": held.instrument,
            "instrument_version": held.instrument_version,
            "occasion": held.occasion,
            "concerns": held.concerns,
            "place": version,
            "continues_id": theirs["id"],
            **self._placed(moment),
            **measures.content(held),
        }
        await write_episodes(connection, [episode])
        await measures.insert(connection, row)
        event = measure_recorded(
            held,
            episode,
            worker_id=None,
            event_id=new_id(),
            version=version,
            moment=moment,
            continues_measure_id=theirs["id"],
        )
        await outbox.record(connection, [replace(event, causation_id=self.cause)])

    def _placed(self, moment: Moment) -> dict[str, Any]:
        """Where what was brought belongs, and since when."""
        return {
            "pcn_code": self.episode.pcn_code,
            "practice_code": self.practice_code,
            "referral_id": self.referral_id,
            "origin": moment.origin,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }

    def _review(self, about: UUID, kind: Any, review_on: Any) -> Review:
        return Review(about, kind, self.episode.id, self.referral_id, self.practice_code, review_on)
