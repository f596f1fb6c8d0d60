"""Summaries drawn from the counts and facts: exact, for whoever decides what of them is shown.

Promise    Every figure of a summary, and what it says of its own age, comes from one transaction
           and so from one moment.
Price      Figures are drawn by where a person's records are kept: the network's stream. By the
           map of another day they would differ; the map keeps its dates for that.
Not here   Disclosure control (``figures``), access (``api``).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from contracts.topics import REGISTER_STREAM
from services.reporting import definitions
from services.reporting.definitions import Definition
from services.reporting.figures import (
    Amount,
    Dimension,
    Figure,
    Freshness,
    Part,
    Period,
    Summary,
    percentile,
)
from services.reporting.gateways import Heads
from services.reporting.names import AGE_BAND_NAMES, NEED_NAMES, ROUTE_NAMES

_SQL: Final = Queries("services.reporting")
_HALF: Final = 0.5
_NINE_IN_TEN: Final = 0.9
_NAMES: Final[Mapping[Dimension, Mapping[str, str]]] = {
    "route": ROUTE_NAMES,
    "need": NEED_NAMES,
    "age_band": AGE_BAND_NAMES,
}


@dataclass(frozen=True, slots=True)
class ReferralView:
    """One referral as reporting knows it, with what was done for its episode."""

    referral_id: UUID
    pcn_code: str
    episode_id: UUID
    person_id: UUID
    practice_code: str
    referrer_code: str
    route: str
    needs: Sequence[str]
    urgency: str
    opened_episode: bool
    status: str
    status_reason: str | None
    occurred_at: datetime
    recorded_at: datetime
    version: int
    contacts: int
    first_contact_at: datetime | None
    goals: int
    goal_updates: int
    goals_met: int


async def summary_of_region(
    connection: Connection, region_code: str, period: Period, heads: Heads
) -> Summary | None:
    """Everything about a region and each of its PCNs; None for a region nobody registered."""
    name = await connection.fetchval(_SQL["load_region"], region_code)
    if name is None:
        return None
    pcns = _names(await connection.fetch(_SQL["list_pcns_of_region"], region_code))
    streams = list(pcns)
    figures = await _draw(connection, streams, period, _Whole("pcn", pcns))
    return Summary(region_code, name, await _freshness(connection, streams, heads), figures)


async def summary_of_pcn(
    connection: Connection, pcn_code: str, period: Period, heads: Heads
) -> Summary | None:
    """Everything about a PCN and its practices; None for a PCN nobody registered."""
    name = await connection.fetchval(_SQL["load_pcn"], pcn_code)
    if name is None:
        return None
    practices = _names(await connection.fetch(_SQL["list_practices_of_pcn"], pcn_code))
    figures = await _draw(connection, [pcn_code], period, _Whole("practice", practices))
    return Summary(pcn_code, name, await _freshness(connection, [pcn_code], heads), figures)


async def referral(connection: Connection, referral_id: UUID) -> ReferralView | None:
    """One referral, if the transaction's organisations may see it."""
    row = await connection.fetchrow(_SQL["load_referral"], referral_id)
    if row is None:
        return None
    values = dict(row)
    return ReferralView(pcn_code=values.pop("stream"), **values)


async def names_of(
    connection: Connection, organisations: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """The names of organisations, by kind and code, as far as the register knows them."""
    kinds, codes = [kind for kind, _ in organisations], [code for _, code in organisations]
    rows = await connection.fetch(_SQL["name_organisations"], kinds, codes)
    return {(row["kind"], row["code"]): row["name"] for row in rows}


async def _freshness(connection: Connection, streams: Sequence[str], heads: Heads) -> Freshness:
    """Hold what was applied against what there is, ours or the register's."""
    ours = {*streams, REGISTER_STREAM}
    rows = await connection.fetch(_SQL["load_positions"], list(ours))
    applied = {(row["topic"], row["stream"]): row["number"] for row in rows}
    known = {(row["topic"], row["stream"]): row["head"] for row in rows}
    for key, number in heads.numbers.items():
        if key[1] in ours:
            known[key] = max(known.get(key, 0), number)
    behind = [max(head - applied.get(key, 0), 0) for key, head in known.items()]
    times = [row["recorded_at"] for row in rows if row["stream"] != REGISTER_STREAM]
    return Freshness(
        as_of=max((time for time in times if time is not None), default=None),
        waiting_events=sum(behind),
        waiting_streams=sum(1 for events in behind if events),
        silent_owners=heads.silent,
        quarantined=sum(row["quarantined"] for row in rows),
    )


async def _draw(
    connection: Connection, streams: Sequence[str], period: Period, whole: "_Whole"
) -> list[Figure]:
    span = (list(streams), period.first, period.last)
    referrals = await connection.fetch(_SQL["sum_referrals"], *span)
    activity = await connection.fetch(_SQL["sum_activity"], *span)
    people = await connection.fetch(_SQL["count_people"], *span)
    contacted = await connection.fetch(_SQL["count_referrals_contacted"], *span)
    in_cohorts = await connection.fetch(_SQL["count_cohort_members"], *span)
    messages = await connection.fetch(_SQL["sum_messages_sent"], *span)
    waits = await connection.fetch(_SQL["sum_waits"], *span)
    still_open = await connection.fetch(_SQL["count_open_episodes"], list(streams))
    by_practice = [row for row in referrals if row["dimension"] == "practice"]
    return [
        _with_breakdowns(whole.counted(definitions.REFERRALS, by_practice), referrals),
        whole.counted_by_stream(definitions.PEOPLE_REFERRED, people),
        whole.counted_by_stream(definitions.EPISODES_OPEN, still_open),
        whole.counted(definitions.CONTACTS, activity, "contacts"),
        whole.counted(definitions.CONTACTS_MISSED, activity, "contacts_missed"),
        whole.counted(definitions.CONTACTS_ATTEMPTED, activity, "contacts_attempted"),
        whole.counted(definitions.REFERRALS_CONTACTED, contacted),
        whole.counted(definitions.GOALS_SET, activity, "goals_set"),
        whole.counted(definitions.GOAL_UPDATES, activity, "goal_updates"),
        whole.counted(definitions.GOALS_MET, activity, "goals_met"),
        whole.counted(definitions.COHORT_OFFERED, in_cohorts, "offered"),
        whole.counted(definitions.COHORT_ACCEPTED, in_cohorts, "accepted"),
        whole.counted(definitions.COHORT_DECLINED, in_cohorts, "declined"),
        whole.counted(definitions.COHORT_NOT_REACHED, in_cohorts, "not_reached"),
        whole.counted(definitions.MESSAGES_SENT, messages),
        whole.waited(definitions.FIRST_CONTACT_WAIT_MEDIAN, waits, _HALF),
        whole.waited(definitions.FIRST_CONTACT_WAIT_P90, waits, _NINE_IN_TEN),
    ]


@dataclass(frozen=True, slots=True)
class _Whole:
    """What is summed up, a region or a PCN, and the places it falls into."""

    dimension: Literal["pcn", "practice"]
    names: Mapping[str, str]

    def counted(
        self, definition: Definition, rows: Iterable[Record], column: str = "amount"
    ) -> Figure:
        """Sum rows that know stream and practice, over the whole and over its places."""
        sums = _sums(rows, "stream" if self.dimension == "pcn" else "code", column)
        return Figure(definition, Amount(sum(sums.values())), {self.dimension: self._parts(sums)})

    def counted_by_stream(self, definition: Definition, rows: Iterable[Record]) -> Figure:
        """Sum rows that know their stream alone, so a PCN's do not fall into practices."""
        if self.dimension == "pcn":
            return self.counted(definition, rows)
        return Figure(definition, Amount(sum(row["amount"] for row in rows)))

    def waited(self, definition: Definition, rows: Iterable[Record], share: float) -> Figure:
        """Take one percentile of the waits, over the whole and in each PCN of a region."""
        together: dict[int, int] = defaultdict(int)
        by_stream: dict[str, dict[int, int]] = defaultdict(dict)
        for row in rows:
            together[row["working_days"]] += row["amount"]
            by_stream[row["stream"]][row["working_days"]] = row["amount"]
        amount = percentile(together, share)
        if self.dimension != "pcn":
            return Figure(definition, amount)
        parts = [
            Part(code, name, percentile(by_stream.get(code, {}), share))
            for code, name in self.names.items()
        ]
        return Figure(definition, amount, {"pcn": parts})

    def _parts(self, sums: Mapping[str, int]) -> list[Part]:
        """One part for each place, and for whatever was counted where the map knows no place."""
        codes = dict.fromkeys([*self.names, *sorted(sums)])
        return [Part(code, self.names.get(code, code), Amount(sums.get(code, 0))) for code in codes]


def _with_breakdowns(figure: Figure, rows: Iterable[Record]) -> Figure:
    """Add what only referrals can be broken into: route, need and age band."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row["dimension"]][row["code"]] = row["amount"]
    by = dict(figure.by)
    for dimension, names in _NAMES.items():
        by[dimension] = [
            Part(code, name, Amount(found[dimension].get(code, 0))) for code, name in names.items()
        ]
    return Figure(figure.definition, figure.amount, by)


def _sums(rows: Iterable[Record], of: str, column: str) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row[of]] += row[column]
    return sums


def _names(rows: Iterable[Record]) -> dict[str, str]:
    return {row["code"]: row["name"] for row in rows}
