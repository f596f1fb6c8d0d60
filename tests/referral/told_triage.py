"""One event of each type that is told of triage."""

from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.triage import Facts
from services.referral.published import Moment
from services.referral.published import triage as published
from services.referral.published.triage import Told
from services.referral.store.triage_rules import current_rules


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    told = Told(
        referral=Referral(uuid4(), episode.id, "Y99001", "Y99001"),
        episode=episode,
        event_id=uuid4(),
        version=9,
        moment=moment,
    )
    facts = Facts(("isolation", "money"), "routine", "medium", "low")
    rules = current_rules()
    proposal = rules.propose(facts, frozenset())
    return [
        published.referral_triaged(told, facts, proposal, number=1, rule_version=rules.version),
        published.role_assigned(
            told,
            proposed="link-worker",
            role="health-coach",
            overridden=True,
            reason="person-wishes",
        ),
        published.referral_re_routed(
            told, previous="link-worker", role="health-coach", reason="health-goals"
        ),
    ]
