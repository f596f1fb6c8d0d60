"""One event of each type that is told of home visits."""

from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.episodes import Episode
from services.referral.domain.visits import Visit
from services.referral.published import Moment
from services.referral.published.visits import (
    visit_not_begun,
    visit_planned,
    visit_status_changed,
)


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    visit = Visit(uuid4(), episode.id, uuid4(), "Y99001", uuid4(), moment.occurred_at, 60)
    planned = visit_planned(visit, episode, event_id=uuid4(), version=9, moment=moment)
    late = visit_not_begun(visit, episode, alarmed=True, event_id=uuid4(), version=9, moment=moment)
    change = visit.check_in(moment.occurred_at)
    return [
        planned,
        late,
        visit_status_changed(visit, episode, change, event_id=uuid4(), version=9, moment=moment),
    ]
