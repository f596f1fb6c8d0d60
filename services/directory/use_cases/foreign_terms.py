"""By what the terms of feeds are read: the catalogue of needs, how people say things, and by hand.

Promise    The rules that registrars set for a feed are kept version by version, with who set them.
           From the next run on each listing of the feed is read by them, whether it changed or not.
Not here   The rules themselves: ``domain.foreign_terms``.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from contracts.needs import TERMS
from services.directory.domain.foreign_terms import (
    OurTerms,
    TermKey,
    TermRules,
    needs_by_category,
    read_term,
)
from services.directory.domain.register import Moment
from services.directory.domain.taxonomy import TAXONOMY_ID, TAXONOMY_NAME
from services.directory.store import feed_terms as store
from services.directory.store import feeds
from services.directory.store.feed_terms import FeedTerm, TermMapping
from services.directory.use_cases.outcome import Outcome
from services.directory.use_cases.wording import wording

OUR_TERMS: Final = OurTerms(
    taxonomy_id=str(TAXONOMY_ID),
    taxonomy_name=TAXONOMY_NAME,
    broad=frozenset(code for code, term in TERMS.items() if term.parent is None),
    finer=frozenset(code for code, term in TERMS.items() if term.parent is not None),
    other="other",
)


@cache
def _by_code() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The needs by the codes of other systems that the catalogue names: SNOMED, and categories."""
    by_snomed = {term.snomed_code: code for code, term in TERMS.items() if term.snomed_code}
    by_sdoh = needs_by_category(
        {code: (term.sdoh_category, term.need) for code, term in TERMS.items()}
    )
    return by_snomed, by_sdoh


def rules_with(by_hand: Mapping[TermKey, Sequence[str]], version: int = 0) -> TermRules:
    """The rules of everybody, with what a registrar set for one feed."""
    by_snomed, by_sdoh = _by_code()
    said = wording()
    return TermRules(
        ours=OUR_TERMS,
        wording=said,
        by_snomed=by_snomed,
        by_sdoh=by_sdoh,
        by_hand=by_hand,
        version=f"{said.version}.{version}",
    )


async def rules_of(connection: Connection, feed_id: UUID) -> TermRules:
    """The rules that hold for a feed now."""
    mapping = await store.term_mapping(connection, feed_id)
    return rules_with({}) if mapping is None else rules_with(mapping.by_hand, mapping.version)


async def map_terms(
    connection: Connection,
    feed_id: UUID,
    member_key: str,
    by_hand: Mapping[TermKey, Sequence[str]],
    expected_version: int,
    moment: Moment,
) -> Outcome:
    """Set which terms of a feed speak of which needs; the same again changes nothing."""
    feed = await feeds.lock_feed(connection, feed_id)
    if feed is None:
        raise NothingFound
    standing = await store.term_mapping(connection, feed_id)
    check_version(expected_version, 0 if standing is None else standing.version)
    if standing is None or standing.by_hand != by_hand:
        standing = TermMapping(
            by_hand=by_hand,
            version=expected_version + 1,
            member_key=member_key,
            occurred_at=moment.occurred_at,
            recorded_at=moment.recorded_at,
        )
        await store.keep_term_mapping(connection, feed, standing)
        # What did not change there since may be read otherwise here.
        await feeds.feed_read_anew(connection, feed_id)
    return Outcome(
        created=False,
        about=_about(feed_id, standing),
        version=standing.version,
        event_id=None,
        occurred_at=standing.occurred_at,
        recorded_at=standing.recorded_at,
    )


async def shown_mapping(connection: Connection, feed_id: UUID) -> dict[str, Any]:
    """What was set for a feed, and by whom; version 0 where nobody set anything."""
    standing = await store.term_mapping(connection, feed_id)
    if standing is None:
        return {"id": feed_id, "feed_id": feed_id, "items": [], "version": 0}
    return {
        **_about(feed_id, standing),
        "version": standing.version,
        "member_key": standing.member_key,
        "occurred_at": standing.occurred_at,
        "recorded_at": standing.recorded_at,
    }


async def terms_page(
    connection: Connection, feed_id: UUID, *, after: int, rows: int
) -> list[dict[str, Any]]:
    """Terms of a feed, the most used first, each with the needs it speaks of from now on."""
    rules = await rules_of(connection, feed_id)
    found = await store.feed_terms_page(connection, feed_id, after=after, rows=rows)
    return [_shown(one, rules) for one in found]


def _shown(found: FeedTerm, rules: TermRules) -> dict[str, Any]:
    said = {
        "taxonomy": found.taxonomy,
        "term": found.term,
        "link_type": found.link_type,
        "name": found.name,
        "term_uri": found.term_uri,
    }
    read = read_term({name: value for name, value in said.items() if value is not None}, rules)
    return {
        "number": found.number,
        **said,
        "listings": found.listings,
        "needs": list(read.needs),
        "read_by": read.by,
    }


def _about(feed_id: UUID, mapping: TermMapping) -> dict[str, Any]:
    return {
        "id": feed_id,
        "feed_id": feed_id,
        "items": [
            {"taxonomy": taxonomy or None, "term": term, "needs": list(needs)}
            for (taxonomy, term), needs in mapping.by_hand.items()
        ],
    }
