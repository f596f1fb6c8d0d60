"""What anybody remarks on a listing, and the rule of a region about changes.

Promise    A remark is kept for the listing's owner and region alone, and published nowhere. Where
           many wait for one listing, further ones are refused until somebody judges those.
Not here   Suggested changes: ``listing_changes``.
"""

from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, NotPermitted, Refusal, RuleBroken
from chassis.web.etags import check_version
from services.directory.domain.listings import PUBLISHERS, Actor
from services.directory.domain.register import Moment
from services.directory.store import listing_reviews as store
from services.directory.store.listing_reviews import Decision, Remark
from services.directory.use_cases.listings import standing_to
from services.directory.use_cases.outcome import Outcome

REMARKS_WAITING_MAX: Final = 100


async def remark(
    connection: Connection,
    listing_id: UUID,
    *,
    region_code: str,
    organization_id: UUID,
    kind: str,
    words: str | None,
    moment: Moment,
) -> UUID:
    """Keep what somebody tells of a listing that the public finds."""
    if await store.remarks_waiting(connection, listing_id) >= REMARKS_WAITING_MAX:
        raise Refusal(
            409,
            "too-many-remarks",
            "Much was said of this listing that nobody has read yet. Please try again later.",
        )
    kept = Remark(
        id=new_id(),
        listing_id=listing_id,
        organization_id=organization_id,
        region_code=region_code,
        kind=kind,
        words=words,
        state="waiting",
        recorded_at=moment.recorded_at,
    )
    await store.keep_remark(connection, kept)
    return kept.id


async def decide_remark(
    connection: Connection,
    actor: Actor,
    remark_id: UUID,
    *,
    accept: bool,
    why: str | None,
    moment: Moment,
) -> Remark:
    """Take a remark as true or put it aside; the same again changes nothing."""
    found = await store.lock_remark(connection, remark_id)
    if found is None:
        raise NothingFound
    standing = standing_to(actor, found.region_code, found.organization_id)
    if standing not in PUBLISHERS and standing != "owner":
        raise NotPermitted("The group itself or somebody who publishes listings decides this.")
    state = "accepted" if accept else "rejected"
    if found.state == state:
        return found
    if found.state != "waiting":
        raise Refusal(409, "decided-already", "This was decided otherwise before.")
    decision = Decision(state, actor.member_key, why, moment.recorded_at)
    await store.decide_remark(connection, remark_id, decision)
    return replace(found, state=state)


async def set_rule(
    connection: Connection,
    actor: Actor,
    region_code: str,
    *,
    own_changes_wait: bool,
    expected_version: int,
    moment: Moment,
) -> Outcome:
    """Say whether a group's own changes wait for approval in a region."""
    if region_code not in actor.keeps:
        raise RuleBroken(
            BrokenRule("/region_code", "must be a region whose register you keep", "path")
        )
    standing = await store.lock_listing_rule(connection, region_code)
    check_version(expected_version, 0 if standing is None else standing.version)
    version = expected_version
    if standing is None or standing.own_changes_wait != own_changes_wait:
        version = await store.set_listing_rule(
            connection, region_code, own_changes_wait=own_changes_wait, moment=moment
        )
    else:
        moment = Moment(standing.occurred_at, standing.recorded_at)
    return Outcome(
        created=False,
        about={"id": region_code, "region_code": region_code, "own_changes_wait": own_changes_wait},
        version=version,
        event_id=None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
