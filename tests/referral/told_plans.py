"""One event of each type that is told of plans, reviews and steps."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.episodes import Episode, Goal, Referral
from services.referral.domain.goals import Step
from services.referral.domain.plans import Plan, Review
from services.referral.published import Moment
from services.referral.published.plans import goal_steps_changed, plan_agreed, review_due

DAY = date(2030, 3, 1)


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    referral = Referral(uuid4(), episode.id, "Y99001", "Y99001")
    goal = Goal(uuid4(), episode.id, referral.id, "Y99001")
    worked_on = replace(episode, worker_id=uuid4())
    first = Plan(episode.id).agree("«what matters»", "«support»", DAY)
    again = first.plan.agree("«what matters more»", None, DAY)
    review = Review(goal.id, "goal", episode.id, referral.id, "Y99001", DAY)
    step = Step(goal.id, 1, "«a step»")
    told = [
        plan_agreed(
            one,
            referral,
            episode,
            uuid4(),
            event_id=uuid4(),
            version=9,
            moment=moment,
            continues_episode_id=uuid4(),
        )
        for one in (first, again)
    ]
    return [
        *told,
        review_due(review, worked_on, event_id=uuid4(), version=9, moment=moment),
        goal_steps_changed(goal, episode, step, [step], event_id=uuid4(), version=9, moment=moment),
    ]
