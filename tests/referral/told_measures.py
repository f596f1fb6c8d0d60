"""One event of each type that is told of measures."""

from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.episodes import Episode
from services.referral.domain.instruments import MYCAW
from services.referral.domain.measures import MeasureHeld, score
from services.referral.published import Moment
from services.referral.published.measures import measure_corrected, measure_recorded


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    answers = {"concern_1": 5, "wellbeing": None}
    held = MeasureHeld(
        id=uuid4(),
        practice_code="Y99001",
        referral_id=uuid4(),
        episode_id=episode.id,
        instrument="mycaw",
        instrument_version=1,
        occasion="follow-up",
        baseline_id=uuid4(),
        answered_by="person",
        answers=answers,
        concerns=[{"words": "«the words»", "need": "money"}],
        scores=score(MYCAW, answers, concerns=1).scores,
        complete=False,
        note="«a note»",
        occurred_at=moment.occurred_at,
    )
    recorded = measure_recorded(
        held,
        episode,
        worker_id=uuid4(),
        event_id=uuid4(),
        version=9,
        moment=moment,
        continues_measure_id=uuid4(),
    )
    held.version = 2
    corrected = measure_corrected(
        held, episode, reason="mistyped", event_id=uuid4(), version=9, moment=moment
    )
    return [recorded, corrected]
