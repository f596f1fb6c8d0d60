"""What is told of plans, reviews and steps: that they are, never what they say."""

from uuid import UUID

from chassis.outbox import NewEvent
from contracts.referral.v1 import GoalStepsChanged, PlanAgreed, PlanReviewed, ReviewDue
from services.referral.domain.episodes import Episode, Goal, Referral
from services.referral.domain.goals import Step
from services.referral.domain.plans import Agreement, Review
from services.referral.published import Moment, of_episode


def plan_agreed(
    agreement: Agreement,
    referral: Referral,
    episode: Episode,
    worker_id: UUID | None,
    *,
    event_id: UUID,
    version: int,
    moment: Moment,
    continues_episode_id: UUID | None = None,
) -> NewEvent:
    """Tell that a plan was agreed, or looked at again."""
    plan = agreement.plan
    data: PlanAgreed | PlanReviewed
    if agreement.first:
        data = PlanAgreed(
            referral_id=referral.id,
            episode_id=episode.id,
            person_id=episode.person_id,
            pcn_code=episode.pcn_code,
            practice_code=referral.practice_code,
            worker_id=worker_id,
            plan_version=plan.version,
            review_on=plan.review_on,
            continues_episode_id=continues_episode_id,
        )
    else:
        data = PlanReviewed(
            referral_id=referral.id,
            episode_id=episode.id,
            person_id=episode.person_id,
            pcn_code=episode.pcn_code,
            practice_code=referral.practice_code,
            worker_id=worker_id,
            plan_version=plan.version,
            words_changed=agreement.words_changed,
            review_on=plan.review_on,
        )
    return of_episode(data, episode.pcn_code, episode.id, version, moment, event_id=event_id)


def review_due(
    review: Review, episode: Episode, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that the day came."""
    data = ReviewDue(
        kind=review.kind,
        goal_id=review.about if review.kind == "goal" else None,
        referral_id=review.referral_id,
        episode_id=episode.id,
        pcn_code=episode.pcn_code,
        practice_code=review.practice_code,
        worker_id=episode.worker_id,
        review_on=review.review_on,
    )
    return of_episode(data, episode.pcn_code, episode.id, version, moment, event_id=event_id)


def goal_steps_changed(
    goal: Goal,
    episode: Episode,
    step: Step,
    steps: list[Step],
    *,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell how many steps a goal has, and how many are done."""
    data = GoalStepsChanged(
        goal_id=goal.id,
        referral_id=goal.referral_id,
        episode_id=episode.id,
        pcn_code=episode.pcn_code,
        practice_code=goal.practice_code,
        step_number=step.number,
        done=step.done,
        steps=len(steps),
        steps_done=sum(one.done for one in steps),
    )
    return of_episode(data, episode.pcn_code, episode.id, version, moment, event_id=event_id)
