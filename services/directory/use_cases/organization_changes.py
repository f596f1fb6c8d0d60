"""Changing what is said of an organisation that offers something.

Promise    A change names the version it was made from, is told once, and is seen at once with every
           listing of the organisation that the public finds.
Price      All of these are copied anew in one transaction, ``LISTINGS_AT_ONCE_MAX`` at a time.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, NotPermitted, Refusal, RuleBroken
from chassis.web.etags import check_version
from services.directory import published
from services.directory.domain.listing_changes import changed_content, changed_fields
from services.directory.domain.listings import Actor, speaks_alone
from services.directory.domain.register import Announced, Moment
from services.directory.published import Telling
from services.directory.store import feed_organizations, listing_reviews
from services.directory.store import listings as store
from services.directory.store.listings import NameTaken, Organization
from services.directory.use_cases import open_copies
from services.directory.use_cases.listings import (
    about_organization,
    hash_of,
    sources,
    standing_to,
)
from services.directory.use_cases.outcome import Outcome, known

LISTINGS_AT_ONCE_MAX: Final = 200
ORGANIZATIONS_ABOVE_MAX: Final = 100
PARENT: Final = "parent_organization_id"


async def change_organization(
    connection: Connection,
    actor: Actor,
    organization_id: UUID,
    facts: Mapping[str, Any],
    expected_version: int,
    moment: Moment,
) -> Outcome:
    """Change an organisation, as those who publish its listings or as the group itself."""
    await open_copies.hold_order(connection, moment.recorded_at)
    organization = await store.lock_organization(connection, organization_id)
    if organization is None:
        raise NothingFound
    standing = standing_to(actor, organization.region_code, organization.id)
    check_version(expected_version, organization.announced.version)
    waits = await listing_reviews.own_changes_wait(connection, organization.region_code)
    if not speaks_alone(standing, own_changes_wait=waits):
        raise NotPermitted("Somebody who publishes listings of the region changes this.")
    await _check_parent(connection, organization, facts.get(PARENT))
    content = changed_content(organization.content, facts)
    fields = changed_fields(organization.content, content)
    if not fields:
        return known(organization.announced, about_organization(organization))
    event_id = new_id()
    said_by = {**organization.field_sources, **sources(fields, standing, moment)}
    changed = replace(
        organization,
        name=content["name"],
        content=content,
        content_hash=hash_of(content),
        field_sources={name: one for name, one in said_by.items() if name in content},
    )
    try:
        version = await store.change_organization(
            connection, changed, event_id=event_id, moment=moment
        )
    except NameTaken:
        raise Refusal(
            409, "name-taken", "The region has another organisation of this name."
        ) from None
    await renew_listings(connection, changed, moment)
    event = published.organization_changed(
        Telling(event_id, version, moment),
        organization_id=changed.id,
        region_code=changed.region_code,
        changed_fields=fields,
    )
    await outbox.record(connection, [event])
    announced = Announced(version, event_id, moment.occurred_at, moment.recorded_at)
    return known(announced, about_organization(changed))


async def _check_parent(
    connection: Connection, organization: Organization, parent_id: str | None
) -> None:
    """Nothing stands above itself, nor below what its region does not have."""
    if parent_id is None:
        return
    parent = await store.organization_by_id(connection, UUID(parent_id))
    if parent is None or parent.region_code != organization.region_code:
        raise RuleBroken(BrokenRule(f"/{PARENT}", "must be an organisation of the same region"))
    above = await feed_organizations.organizations_above(
        connection, parent.id, organizations_max=ORGANIZATIONS_ABOVE_MAX
    )
    if organization.id in above:
        raise RuleBroken(BrokenRule(f"/{PARENT}", "must not be itself, nor a part of it"))
    if len(above) == ORGANIZATIONS_ABOVE_MAX:
        raise RuleBroken(
            BrokenRule(f"/{PARENT}", f"must have fewer than {ORGANIZATIONS_ABOVE_MAX} above it")
        )


async def renew_listings(
    connection: Connection, organization: Organization, moment: Moment
) -> None:
    """Show the public every listing of an organisation with what it says now."""
    after = UUID(int=0)
    while True:
        listings = await store.shown_listings_of(
            connection, organization.id, after=after, rows=LISTINGS_AT_ONCE_MAX
        )
        if listings:
            pairs = [(listing, organization) for listing in listings]
            await open_copies.show_all(connection, pairs, moment.recorded_at)
        if len(listings) < LISTINGS_AT_ONCE_MAX:
            return
        after = listings[-1].id
