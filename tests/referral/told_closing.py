"""One event of each type that is told of closings and of what goes into practices' records."""

from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.closing import Closed, Reopened
from services.referral.domain.episodes import Episode, Referral, StatusChange
from services.referral.domain.writeback import Item
from services.referral.published import Moment, writeback
from services.referral.published.closing import ClosingTold, episode_closed, episode_reopened


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    episode.worker_id = uuid4()
    referral = Referral(uuid4(), episode.id, "Y99001", "Y99002")
    closed = Closed((), 84, aggregate_version=9)
    told = ClosingTold(
        number=1,
        outcome="goals-met",
        what_next="carries-on-in-activity",
        contacts_made=5,
        goals_set=3,
        goals_met=2,
        goals_dropped=0,
        loops_withdrawn=0,
        loops_kept=1,
    )
    change = StatusChange("closed", "accepted", closed_episode=False, aggregate_version=8)
    reopened = Reopened(change, 12, aggregate_version=9)
    # Its example shows every field at once, as no single item would.
    item = Item(
        uuid4(),
        "code",
        "871731000000106",
        referral.id,
        episode.id,
        "U99001",
        "Y99001",
        attempts=1,
        version=9,
        withdraws=uuid4(),
    )
    return [
        episode_closed(episode, referral, closed, told, event_id=uuid4(), moment=moment),
        episode_reopened(
            episode, referral, reopened, "person-asked", event_id=uuid4(), moment=moment
        ),
        writeback.requested(item, moment),
        writeback.sent(item, moment),
        writeback.acknowledged(item, moment),
        writeback.reconciled(item, moment),
        writeback.failed(item, "person-not-known", moment),
        writeback.withdrawn(item, moment),
    ]
