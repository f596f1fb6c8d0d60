"""Asking the rules who could help, choosing who does, and putting a wrong role right once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands import Timed
from services.referral.commands.triage import NewReRoute, NewRole, NewTriage
from services.referral.domain.refusals import ReferralNotOpen, Refused
from services.referral.domain.triage import Facts, Helping, reasons_of
from services.referral.published import triage as published
from services.referral.published.triage import Told
from services.referral.store import triage as store
from services.referral.store.episodes import write_episodes
from services.referral.store.triage_rules import current_rules
from services.referral.use_cases.allocation import note_complexity, take_wrong_role_off
from services.referral.use_cases.casework import Casework, open_referrals
from services.referral.use_cases.roles import roles_of


def show_rules() -> dict[str, Any]:
    """Give the rules to read, in the order in which they are asked."""
    rules = current_rules()
    return {
        "version": rules.version,
        "since": rules.since,
        "rules": [
            {"rule": one.id, "role": one.role, "words": one.words, "asks": _asks(one.asks)}
            for one in rules.rules
        ],
    }


def _asks(asks: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"fact": fact, "values": _values(value)} for fact, value in asks.items()]


def _values(value: str | int | list[str]) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


class _Desk:
    """One referral on which somebody chooses, locked with what is known of it."""

    def __init__(
        self,
        casework: Casework,
        asked: Timed,
        referral_id: UUID,
        loaded: tuple[Helping, list[str], str],
    ) -> None:
        self.casework = casework
        self.referral, self.episode = casework.referral(referral_id)
        if not self.referral.is_open:
            raise ReferralNotOpen(f"This referral is {self.referral.status}.")
        self.moment = casework.moment(asked, self.episode)
        self.helping, self.needs, self.urgency = loaded
        self.event_id = new_id()

    def told(self) -> Told:
        """Take the episode's next version for one fact."""
        return Told(
            referral=self.referral,
            episode=self.episode,
            event_id=self.event_id,
            version=self.episode.next_version(),
            moment=self.moment,
        )

    def fact(self) -> dict[str, Any]:
        """Give what every row and answer here holds."""
        return {
            "id": new_id(),
            "referral_id": self.referral.id,
            "episode_id": self.episode.id,
            "pcn_code": self.episode.pcn_code,
            "practice_code": self.referral.practice_code,
            "occurred_at": self.moment.occurred_at,
            "recorded_at": self.moment.recorded_at,
        }

    def tell(self, event: NewEvent) -> None:
        """Note what happened."""
        self.casework.tell(self.episode, event, subject=f"referral/{self.referral.id}")

    async def store(self, connection: Connection, action: str) -> None:
        """Store the episode and tell what happened."""
        await write_episodes(connection, [self.episode])
        await self.casework.tell_all(connection, action)

    def done(self, fact: dict[str, Any], *, version: int) -> Done:
        """Answer what was recorded."""
        body = {
            **fact,
            "person_id": self.episode.person_id,
            "version": version,
            "event_id": self.event_id,
        }
        return Done(201, body, version)


async def _open(connection: Connection, acting: Acting, referral_id: UUID, asked: Timed) -> _Desk:
    acting.check_form(recorded_at=asked.recorded_at)
    casework = await open_referrals(connection, acting, [referral_id])
    loaded = await store.load_helping(connection, referral_id) if casework.referrals else None
    if loaded is None:
        raise NothingFound
    return _Desk(casework, asked, referral_id, loaded)


async def triage_referral(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewTriage
) -> Outcome:
    """Let the rules propose who could help."""
    try:
        desk = await _open(connection, acting, referral_id, asked)
        offered = await roles_of(connection, desk.episode.pcn_code)
        facts = Facts(
            tuple(asked.needs or desk.needs), desk.urgency, asked.complexity, asked.confidence
        )
        rules = current_rules()
        proposal = rules.propose(facts, offered)
        number = desk.helping.propose(proposal.role)
    except Refused as refused:
        return refusal_of(refused)
    event = published.referral_triaged(
        desk.told(), facts, proposal, number=number, rule_version=rules.version
    )
    ids, words = [one.id for one in proposal.reasons], [one.words for one in proposal.reasons]
    fact = {
        **desk.fact(),
        "number": number,
        "needs": list(facts.needs),
        "urgency": facts.urgency,
        "complexity": facts.complexity,
        "confidence": facts.confidence,
        "rule_version": rules.version,
        "not_here": list(proposal.not_here),
        "proposed_role": proposal.role,
    }
    spoke = {"rules": ids, "rule_words": words, "origin": desk.moment.origin}
    await store.insert_triage(connection, {**fact, **spoke})
    await note_complexity(connection, desk.casework.acting, desk.episode, asked.complexity)
    desk.tell(event)
    await desk.store(connection, "referral.triage")
    return desk.done({**fact, "reasons": reasons_of(ids, words)}, version=number)


async def choose_role(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewRole
) -> Outcome:
    """Choose who helps: the role that was proposed, or another with a reason."""
    try:
        desk = await _open(connection, acting, referral_id, asked)
        offered = await roles_of(connection, desk.episode.pcn_code)
        overridden = desk.helping.choose(
            asked.role, has_reason=asked.reason is not None, offered=offered
        )
    except Refused as refused:
        return refusal_of(refused)
    reason = asked.reason if overridden else None
    proposed = desk.helping.proposed or asked.role
    event = published.role_assigned(
        desk.told(), proposed=proposed, role=asked.role, overridden=overridden, reason=reason
    )
    fact = _choice(desk, "chosen", proposed, None, asked.role, reason)
    await _store_choice(connection, desk, fact, asked.note)
    desk.tell(event)
    await desk.store(connection, "referral.role")
    return desk.done(fact, version=1)


async def re_route(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewReRoute
) -> Outcome:
    """Send a referral to the right role, once; the referrer reads why."""
    try:
        desk = await _open(connection, acting, referral_id, asked)
        offered = await roles_of(connection, desk.episode.pcn_code)
        previous = desk.helping.re_route(asked.to_role, offered=offered)
    except Refused as refused:
        return refusal_of(refused)
    event = published.referral_re_routed(
        desk.told(), previous=previous, role=asked.to_role, reason=asked.reason
    )
    proposed = desk.helping.proposed or previous
    fact = _choice(desk, "re-routed", proposed, previous, asked.to_role, asked.reason)
    await _store_choice(connection, desk, fact, asked.note)
    desk.tell(event)
    await take_wrong_role_off(
        connection, desk.casework, desk.episode, referral_id, asked.to_role, desk.moment
    )
    await desk.store(connection, "referral.re-route")
    return desk.done(fact, version=2)


def _choice(
    desk: _Desk, step: str, proposed: str, previous: str | None, role: str, reason: str | None
) -> dict[str, Any]:
    return {
        **desk.fact(),
        "step": step,
        "proposed_role": proposed,
        "previous_role": previous,
        "role": role,
        "overridden": role != proposed,
        "reason": reason,
    }


async def _store_choice(
    connection: Connection, desk: _Desk, fact: dict[str, Any], note: str | None
) -> None:
    row = {
        **fact,
        "referrer_code": desk.referral.referrer_code,
        "note": note,
        "origin": desk.moment.origin,
    }
    await store.insert_role_choice(connection, row)
