"""Keeping who knows whom: entering a relation, changing its end, and telling of agreements that end.

Promise    The same relation entered again is the same one. A party that the network has not, or
           that may not be seen, is refused as one that is nobody's. The end of an agreement is told
           once, in the transaction that notes it; a new end is told anew.
Price      A relation is one network's knowledge: its neighbours enter their own.
Not here   Names of workers: looked up where they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from chassis import outbox
from chassis.database import Connection, Database
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, Refusal, RuleBroken
from chassis.web.etags import check_version
from services.directory import published
from services.directory.domain.register import Moment, local_day
from services.directory.domain.relations import (
    Party,
    PartyDoesNotFit,
    RelationKind,
    Span,
    SpanDoesNotFit,
    require_parties_fit,
    require_span_fits,
    warned_of_until,
)
from services.directory.published import Telling
from services.directory.store import register as register_store
from services.directory.store import relations as store
from services.directory.store.relations import EndingAgreement, Relation
from services.directory.use_cases.outcome import Outcome

AGREEMENTS_AT_ONCE_MAX: Final = 100
OWN_NETWORK: Final = "must be a PCN that you work in, or whose register you keep"


@dataclass(frozen=True, slots=True)
class RelationEntry:
    """A relation as it is entered."""

    kind: RelationKind
    pcn_code: str
    who: Party
    whom: Party
    span: Span
    about: str | None


@dataclass(frozen=True, slots=True)
class RelationChange:
    """What is to be otherwise of a relation; nothing said of a thing leaves it as it is."""

    said: frozenset[str]
    until_date: date | None
    about: str | None


async def enter_relation(
    connection: Connection,
    entry: RelationEntry,
    *,
    groups: Mapping[str, str],
    entered_by: str,
    moment: Moment,
) -> Outcome:
    """Enter a relation; ``groups`` are the groups the caller may see, by id, with their region."""
    pcn = await register_store.find_organisation(connection, "pcn", entry.pcn_code)
    if pcn is None:
        raise RuleBroken(BrokenRule("/pcn_code", OWN_NETWORK))
    today = local_day(moment.recorded_at)
    _check_form(entry, today)
    seen_groups = {group for group, region in groups.items() if region == pcn.region_code}
    await _check_party(connection, entry.pcn_code, "who", entry.who, seen_groups)
    await _check_party(connection, entry.pcn_code, "whom", entry.whom, seen_groups)
    relation = Relation(
        id=new_id(),
        kind=entry.kind,
        pcn_code=entry.pcn_code,
        region_code=pcn.region_code,
        who=entry.who,
        whom=entry.whom,
        span=entry.span,
        about=entry.about,
        version=1,
        event_id=None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    if await store.enter_relation(connection, relation, entered_by=entered_by, today=today):
        return _outcome(relation, created=True)
    standing = await store.relation_like(connection, relation)
    if standing is None or (standing.span, standing.about) != (entry.span, entry.about):
        raise Refusal(
            409, "relation-known", "The network has this relation; change the one it has."
        )
    return _outcome(standing, created=False)


async def change_relation(
    connection: Connection,
    relation_id: UUID,
    change: RelationChange,
    *,
    expected_version: int,
    moment: Moment,
) -> Outcome:
    """Change when a relation ends or what it is about; changed so already, it stays as it is."""
    standing = await store.lock_relation(connection, relation_id)
    if standing is None:
        raise NothingFound
    until_date = change.until_date if "until_date" in change.said else standing.span.until_date
    about = change.about if "about" in change.said else standing.about
    if (until_date, about) == (standing.span.until_date, standing.about):
        return _outcome(standing, created=False)
    check_version(expected_version, standing.version)
    span = Span(standing.span.from_date, until_date)
    today = local_day(moment.recorded_at)
    _check_span(standing.kind, span, today)
    version = await store.change_relation(
        connection, relation_id, until_date=until_date, about=about, today=today, moment=moment
    )
    changed = Relation(
        id=standing.id,
        kind=standing.kind,
        pcn_code=standing.pcn_code,
        region_code=standing.region_code,
        who=standing.who,
        whom=standing.whom,
        span=span,
        about=about,
        version=version,
        event_id=standing.event_id,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    return _outcome(changed, created=False)


async def tell_agreements_ending(
    database: Database, now: datetime, *, at_once_max: int = AGREEMENTS_AT_ONCE_MAX
) -> int:
    """Tell of agreements whose end came near, so many at once; how many."""
    moment = Moment(now, now)
    async with database.transaction() as connection:
        ending = await store.lock_agreements_to_tell(
            connection, last_day=warned_of_until(local_day(now)), rows=at_once_max
        )
        told = [await _tell(connection, agreement, moment) for agreement in ending]
        await outbox.record(connection, told)
    return len(ending)


async def _tell(
    connection: Connection, agreement: EndingAgreement, moment: Moment
) -> outbox.NewEvent:
    event_id = new_id()
    version = await store.note_ending_told(connection, agreement.id, event_id)
    parties = (agreement.who, agreement.whom)
    practices = [party.id for party in parties if party.kind == "practice"]
    groups = [UUID(party.id) for party in parties if party.kind == "organization"]
    return published.agreement_ending(
        Telling(event_id, version, moment),
        agreement_id=agreement.id,
        region_code=agreement.region_code,
        pcn_code=agreement.pcn_code,
        practice_code=next(iter(practices), None),
        organization_id=next(iter(groups), None),
        ends_on=agreement.until_date,
    )


def _check_form(entry: RelationEntry, today: date) -> None:
    try:
        require_parties_fit(entry.kind, entry.who, entry.whom)
    except PartyDoesNotFit as misfit:
        rule = f"must be another {' or '.join(misfit.kinds)} for this kind of relation"
        if misfit.field == "who":
            rule = f"must be a {' or '.join(misfit.kinds)} for this kind of relation"
        raise RuleBroken(BrokenRule(f"/{misfit.field}/kind", rule)) from None
    _check_span(entry.kind, entry.span, today)


def _check_span(kind: RelationKind, span: Span, today: date) -> None:
    try:
        require_span_fits(kind, span, today)
    except SpanDoesNotFit as misfit:
        raise RuleBroken(BrokenRule(f"/{misfit.field}", misfit.rule)) from None


async def _check_party(
    connection: Connection,
    pcn_code: str,
    field: Literal["who", "whom"],
    party: Party,
    groups: set[str],
) -> None:
    if party.kind == "pcn":
        is_known = party.id == pcn_code
    elif party.kind == "practice":
        belonging = await register_store.present_belonging(connection, party.id)
        is_known = belonging is not None and belonging.pcn_code == pcn_code
    elif party.kind == "worker":
        is_known = await register_store.has_worker(connection, pcn_code, party.id)
    else:
        is_known = party.id in groups
    if not is_known:
        rule = "must be of this PCN, or a group of its region"
        raise RuleBroken(BrokenRule(f"/{field}/id", rule))


def _outcome(relation: Relation, *, created: bool) -> Outcome:
    return Outcome(
        created=created,
        about={
            "id": relation.id,
            "kind": relation.kind,
            "pcn_code": relation.pcn_code,
            "who": {"kind": relation.who.kind, "id": relation.who.id},
            "whom": {"kind": relation.whom.kind, "id": relation.whom.id},
            "from_date": relation.span.from_date,
            "until_date": relation.span.until_date,
            "about": relation.about,
        },
        version=relation.version,
        event_id=relation.event_id,
        occurred_at=relation.occurred_at,
        recorded_at=relation.recorded_at,
    )
