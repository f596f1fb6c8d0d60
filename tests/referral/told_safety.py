"""One event of each type that is told of safety."""

from datetime import timedelta
from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.episodes import Episode
from services.referral.domain.safety import Alarm, Ladder, YoungPeople
from services.referral.published import Moment
from services.referral.published import safety as published

VERSION = 9  # of every aggregate in these stories


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    ladder = Ladder((uuid4(), uuid4()))
    alarm = Alarm(
        id=uuid4(),
        pcn_code=episode.pcn_code,
        kind="danger-named",
        dangers=("self-harm",),
        practice_code="Y99001",
        referral_id=uuid4(),
        episode_id=episode.id,
        person_id=episode.person_id,
        visit_id=uuid4(),
        worker_id=uuid4(),
        raised_at=moment.recorded_at,
        version=VERSION - 1,
    )
    alarm.sound(ladder, moment.recorded_at)
    told = [published.alarm_raised(alarm, event_id=uuid4(), moment=moment)]
    alarm.version = VERSION - 1
    alarm.escalate(ladder, moment.recorded_at + timedelta(minutes=ladder.minutes))
    told.append(published.alarm_escalated(alarm, event_id=uuid4(), moment=moment))
    alarm.version = VERSION - 1
    seconds = alarm.acknowledge(uuid4(), moment.recorded_at + timedelta(minutes=20))
    told.append(
        published.alarm_acknowledged(alarm, seconds_waited=seconds, event_id=uuid4(), moment=moment)
    )
    alarm.version = VERSION - 1
    alarm.close(moment.recorded_at + timedelta(hours=1))
    told.append(published.alarm_closed(alarm, outcome="passed-on", event_id=uuid4(), moment=moment))
    young = YoungPeople("guardian-consent", "children-and-young-people")
    return [
        *told,
        published.leads_named(
            "U99001", [uuid4()], 15, event_id=uuid4(), version=VERSION, moment=moment
        ),
        published.age_rule_set("U99001", young, event_id=uuid4(), version=VERSION, moment=moment),
    ]
