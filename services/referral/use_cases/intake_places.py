"""Where each referral of a list belongs: the practice, the network, who refers, by which way.

Promise    Who is not of a practice or its network, nor of an organisation that refers to it, is
           answered as if neither existed.
Not here   What organisations from outside the practices may say: ``domain.outside``.
"""

from collections.abc import Sequence

from chassis.refusals import NothingFound, RegisterBehind
from services.referral.acting import Acting, broken
from services.referral.commands import NewReferral
from services.referral.domain import outside
from services.referral.use_cases.identity import KnownPeople


def place_of(acting: Acting, people: KnownPeople, asked: NewReferral) -> tuple[str, str]:
    """Give the practice and the PCN a referral belongs to."""
    if asked.person_id is not None:
        person = people.by_id(asked.person_id)
        if person is None or not acting.may_act_for(person.details.practice_code, person.pcn_code):
            raise NothingFound
        practice_code = asked.practice_code or person.details.practice_code
        if practice_code != person.details.practice_code:
            raise broken("/practice_code", "must be the practice the person is registered with")
        return practice_code, person.pcn_code
    practice_code = asked.practice_code or ""
    pcn_code = acting.places.pcns.get(practice_code)
    if acting.refers_from_outside(practice_code, pcn_code):
        if practice_code and pcn_code is None and acting.places.behind:
            raise RegisterBehind
        own = acting.places.referring
        referrer = outside.organisation_meant(own, _named(asked))
        return practice_code, outside.check_network(own, referrer, pcn_code)
    if not practice_code:
        raise broken("/practice_code", "must be given beside person")
    return practice_code, acting.pcn_for(practice_code)


def referrer_of(acting: Acting, asked: NewReferral, practice_code: str, pcn_code: str) -> str:
    """Give the organisation that refers: the caller's own, or one of the PCN."""
    named = _named(asked)
    if acting.refers_from_outside(practice_code, pcn_code):
        return outside.organisation_meant(acting.places.referring, named)
    caller = acting.caller
    if caller.may_see(pcn_code):
        of_pcn = acting.places.pcns.get(named or "") == pcn_code
        allowed = of_pcn or named in {None, practice_code, pcn_code}
        medical = asked.route in {"general-practice", "care-navigator"}
        default = practice_code if medical else pcn_code
    else:
        allowed = named is None or caller.may_see(named)
        default = practice_code
    if not allowed:
        raise broken("/referrer_code", "must be an organisation that you act for")
    return named or default


def routed(acting: Acting, asked: NewReferral, referrer_code: str) -> NewReferral:
    """Note the way a referral from outside the practices came: what the organisation is."""
    own = acting.places.referring
    if referrer_code not in own:
        return asked
    stated = asked.route if "route" in asked.model_fields_set else None
    return asked.model_copy(update={"route": outside.check_route(own, referrer_code, stated)})


def check_route_claimed(acting: Acting, asked: NewReferral) -> None:
    """Refuse a route that only a handover or a cohort has; an import or a seed tells of the past."""
    if acting.origin == "live":
        outside.check_route_claimed(asked.route)


def networks_of(acting: Acting, people: KnownPeople, asked: Sequence[NewReferral]) -> list[str]:
    """Give the networks of these referrals, but for those the caller does not act for."""
    pcns = acting.places.pcns
    named = [
        (one.practice_code, pcns[one.practice_code])
        for one in asked
        if one.practice_code is not None and one.practice_code in pcns
    ]
    known = [
        (person.details.practice_code, person.pcn_code)
        for one in asked
        if one.person_id is not None
        if (person := people.by_id(one.person_id)) is not None
    ]
    referred_to = acting.outside_networks
    return [
        pcn_code
        for practice, pcn_code in named + known
        if acting.may_act_for(practice, pcn_code) or pcn_code in referred_to
    ]


def _named(asked: NewReferral) -> str | None:
    if asked.referrer_organization_id is not None:
        return str(asked.referrer_organization_id)
    return asked.referrer_code
