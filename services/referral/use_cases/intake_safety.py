"""What a list of referrals may mean for somebody's safety, decided before anything else is.

Promise    A danger named in a referral raises its alarm in the transaction that receives the
           referral, and a referral told again raises none. Whom the network does not help is
           refused before anything changes, unless a danger was named.
Price      Rules for people under 18 are read only when somebody is under 18.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from chassis.database import Connection
from services.referral.acting import Acting
from services.referral.commands import NewReferral, happened_at
from services.referral.commands.handover import HandedOver
from services.referral.domain.safety import YoungPeople, is_minor
from services.referral.published import Moment
from services.referral.store import safety as store
from services.referral.store.episodes import ReferralMade
from services.referral.use_cases.alarms import Named, raise_named
from services.referral.use_cases.identity import KnownPeople

_UNTOLD: Final = YoungPeople()


@dataclass(slots=True)
class IntakeSafety:
    """What networks do for people under 18, and the dangers that a list has named so far."""

    rules: dict[str, YoungPeople]
    named: list[Named] = field(default_factory=list[Any])

    def check_age(
        self, asked: NewReferral, born: date | None, pcn_code: str, moment: Moment
    ) -> None:
        """Refuse whom the network does not help; a seed tells of what was accepted long ago.

        Who may be in danger is not sent away: the guardian, who may be the danger, is asked about
        by whoever answers the alarm. Support that goes on was accepted where it began.
        """
        if born is None or moment.origin == "seed" or asked.dangers:
            return
        goes_on = isinstance(asked, HandedOver)
        if goes_on and asked.returned:
            return
        self.rules.get(pcn_code, _UNTOLD).check(
            born,
            moment.occurred_at.date(),
            guardian_consented=goes_on or asked.guardian_consented,
        )

    def note(self, made: ReferralMade, asked: NewReferral, moment: Moment) -> None:
        """Remember what a received referral named."""
        if asked.dangers:
            self.named.append(
                Named(
                    dangers=asked.dangers,
                    pcn_code=made.pcn_code,
                    practice_code=made.practice_code,
                    referral_id=made.id,
                    episode_id=made.episode_id,
                    person_id=made.person_id,
                    moment=moment,
                )
            )

    async def raise_alarms(self, connection: Connection, acting: Acting) -> None:
        """Raise an alarm for each referral that named a danger."""
        await raise_named(connection, acting, self.named)


async def open_intake_safety(
    connection: Connection, acting: Acting, asked: Sequence[NewReferral], people: KnownPeople
) -> IntakeSafety:
    """Read the rules for people under 18 of the networks concerned, if there are any."""
    young = any(
        is_minor(born, happened_at(one, acting.now)[0].date())
        for one in asked
        if (born := birth_date_of(one, people)) is not None
    )
    if not young:
        return IntakeSafety({})
    of_known = {
        person.pcn_code
        for one in asked
        if one.person_id is not None and (person := people.by_id(one.person_id)) is not None
    }
    pcn_codes = sorted({*acting.places.pcns.values(), *of_known})
    return IntakeSafety(await store.load_age_rules(connection, pcn_codes))


def guardian_word_of(asked: NewReferral, acting: Acting, moment: Moment) -> dict[str, Any]:
    """Say who told that a parent or guardian agreed, and when: here, or where support began."""
    at: datetime | None = None
    by: str | None = None
    if isinstance(asked, HandedOver):
        at, by = asked.guardian_consented_at, asked.guardian_consented_by
    elif asked.guardian_consented:
        at, by = moment.occurred_at, acting.caller.member_key
    return {"guardian_consented_at": at, "guardian_consented_by": by}


def birth_date_of(asked: NewReferral, people: KnownPeople) -> date | None:
    """When the person a referral is about was born, as far as anybody said."""
    if asked.person is not None:
        return asked.person.birth_date
    person = people.by_id(asked.person_id) if asked.person_id is not None else None
    return None if person is None else person.details.birth_date
