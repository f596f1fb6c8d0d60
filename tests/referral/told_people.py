"""One event of each type that is told of a person's record, of cohorts and of handovers."""

from dataclasses import replace
from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.cohorts import Cohort, Member
from services.referral.domain.episodes import Episode
from services.referral.domain.handover import Handover
from services.referral.domain.merging import Merge
from services.referral.domain.people import Person
from services.referral.published import Moment, cohorts, handover, matching


def events(person: Person, episode: Episode, moment: Moment) -> list[NewEvent]:
    of_person = {"event_id": uuid4(), "moment": moment}
    told = {**of_person, "version": 9}
    merge = Merge(uuid4(), person.pcn_code, person.id, uuid4(), uuid4(), ())
    cohort = Cohort(uuid4(), person.pcn_code, "Y99001", "isolation")
    member = Member(cohort.id, person.id, "accepted")
    made = Handover(
        id=uuid4(),
        pcn_code=episode.pcn_code,
        practice_code="Y99001",
        to_pcn_code="U99002",
        to_practice_code="Y99006",
        person_id=person.id,
        episode_id=episode.id,
        reason="returned",
        needs=("isolation",),
        urgency="routine",
        returns_id=uuid4(),
    )
    # What goes on in an episode came from elsewhere, and is told in the stream it came to.
    came = replace(made, pcn_code="U99002", to_pcn_code=episode.pcn_code)
    refused = replace(made, status="refused", problem="person-has-died")
    return [
        matching.person_merged(merge, person, "other", **of_person),
        matching.person_unmerged(merge, person, **of_person),
        matching.person_died(person, [uuid4()], **of_person),
        matching.person_death_withdrawn(person, **of_person),
        cohorts.cohort_created(cohort, **told),
        cohorts.support_offered(cohort, member, "phone", **told),
        cohorts.answer_kept(cohort, member, "not-reached", uuid4(), **told),
        handover.episode_handed_over(made, episode, **told),
        handover.episode_continued(came, episode, uuid4(), opened=True, **told),
        handover.handover_refused(refused, episode, **told),
    ]
