"""The directory behind the console: its real application on a port, and the office that fills it."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from chassis.access.memberships import Memberships
from chassis.access.register import Grant, store_membership
from chassis.access.service_client import ServiceClient
from chassis.access.tokens import member_key
from chassis.database import Database
from chassis.service import ApiContext
from chassis.web.app import create_app
from services.directory.api import routers
from tests.console.front import KINDS, MEMBER_KEY_SECRET, Front, open_front
from tests.directory.trial import MANAGER, Office, a_listing
from tests.issuer import serve

EVERY_ROLE = (
    ("referrer", "Y99001"),
    ("care-navigator", "Y99001"),
    ("link-worker", "U99001"),
    ("health-coach", "U99001"),
    ("care-coordinator", "U99001"),
    ("pcn-manager", "U99001"),
    ("region-analyst", "QZZ"),
    ("operator", "QZZ"),
    ("registrar", "QZZ"),
    ("privacy-officer", "QZZ"),
)


@dataclass
class Library:
    """A browser before the console, and what the directory behind it holds."""

    front: Front
    office: Office
    url: str
    """Where the directory is."""

    async def sign_in(self, role: str, code: str) -> None:
        """Sign in as somebody who holds a role, in reporting and in the directory."""
        subject = f"demo-{role}-{code}"
        key = member_key(MEMBER_KEY_SECRET, self.front.issuer_url, subject)
        kind = KINDS.get(code[0], "organization")
        for database in (self.front.worker, self.office.worker):
            async with database.transaction() as connection:
                await store_membership(connection, Grant(uuid4(), key, role, kind, code))
        await self.front.sign_in(subject)

    async def page(self, address: str, **params: str) -> str:
        """A page that must be there."""
        return await self.front.page(address, **params)

    async def get(self, address: str) -> httpx.Response:
        """Whatever is answered."""
        return await self.front.browser.get(address)

    async def post(self, address: str, **fields: str) -> httpx.Response:
        """Send a form of the session."""
        return await self.front.browser.post(address, data=fields)

    async def listed(self, name: str, **changes: Any) -> dict[str, Any]:
        """Publish a listing."""
        return await self.office.made("/services", a_listing(name=name, **changes), member=MANAGER)

    async def written(self, listing_id: str, **facts: str) -> None:
        """Write into what the public reads, past the doors, as something gone wrong might."""
        for name, value in facts.items():
            await self.office.owner.execute(
                """
                update open_listing
                set document = jsonb_set(document, array[$2], to_jsonb($3::text)),
                    summary = jsonb_set(summary, array[$2], to_jsonb($3::text))
                where id = $1
                """,
                UUID(listing_id),
                name,
                value,
            )


@asynccontextmanager
async def open_library(front: Front, office: Office) -> AsyncIterator[Library]:
    """Serve the directory to a console for as long as the block lasts."""
    settings = office.settings.model_copy(update={"issuer_url": front.issuer_url})
    database, clients = Database(office.provisioned.api_url, "api", 4), ServiceClient(settings)
    await database.open()
    app = create_app(
        service="directory",
        settings=settings,
        database=database,
        routers=routers(ApiContext(settings, database, clients)),
    )
    # Tests change memberships and look at once; a process may remember for a second.
    app.state.access = dataclasses.replace(
        app.state.access, memberships=Memberships(database, staleness_seconds=0)
    )
    try:
        async with (
            serve(app) as url,
            open_front(front.database, front.worker, front.issuer_url, directory_url=url) as opened,
        ):
            yield Library(opened, office, url)
    finally:
        await app.state.access.tokens.keys._http.aclose()
        await clients.close()
        await database.close()
