"""The console, a browser that keeps cookies, and reporting served on a loopback port."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx
from pydantic import SecretStr

from chassis.access.register import Grant, store_membership
from chassis.access.service_client import ServiceClient
from chassis.access.tokens import member_key
from chassis.database import Database
from chassis.process_parts import api_routers
from chassis.provisioning import Provisioned
from chassis.service import ApiContext
from chassis.web.app import create_app
from console.app import make_app
from console.settings import ConsoleSettings
from services.reporting.main import SERVICE
from services.reporting.projections import ReportingProjection
from services.reporting.settings import ReportingSettings
from tests.issuer import serve
from tests.reporting.story import Story

CONSOLE_URL = "http://console.example"
CONSOLE_SECRET = "a-console-secret-of-tests"
DEMO_SECRET = "a-demo-secret-of-tests"
MEMBER_KEY_SECRET = "a member key secret of tests"
NOBODY = "http://127.0.0.1:9"
KINDS = {"Q": "region", "U": "pcn", "Y": "practice"}


@dataclass
class Front:
    """A browser before the console."""

    browser: httpx.AsyncClient
    database: Provisioned
    worker: Database
    issuer_url: str

    async def apply(self, story: Story) -> None:
        """Let reporting hear a story."""
        async with self.worker.transaction() as connection:
            await ReportingProjection().apply(connection, story.events)

    async def grant(self, role: str, code: str) -> str:
        """Give the demo member of that role and organisation the role; returns the subject."""
        subject = f"demo-{role}-{code}"
        key = member_key(MEMBER_KEY_SECRET, self.issuer_url, subject)
        async with self.worker.transaction() as connection:
            await store_membership(connection, Grant(uuid4(), key, role, KINDS[code[0]], code))
        return subject

    async def sign_in(self, subject: str, to: str = "/") -> httpx.Response:
        """Sign in as a person would: through the issuer's page and back."""
        sent = await self.browser.get("/sign-in", params={"to": to})
        address = sent.headers["location"]
        async with httpx.AsyncClient(trust_env=False) as elsewhere:
            page = (await elsewhere.get(address)).text
            kept = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
            fields = {name: unescape(value) for name, value in kept}
            back = await elsewhere.post(
                address.partition("?")[0], data={**fields, "subject": subject}
            )
        return await self.browser.get(back.headers["location"])

    async def page(self, address: str, **params: str) -> str:
        """A page that must be there."""
        answer = await self.browser.get(address, params=params or None)
        assert answer.status_code == 200, (answer.status_code, answer.text[-600:])
        return answer.text


@asynccontextmanager
async def open_front(
    database: Provisioned,
    worker: Database,
    issuer_url: str,
    owners: Mapping[str, str] = MappingProxyType({}),
    **changes: Any,
) -> AsyncIterator[Front]:
    """Open the console for as long as the block lasts.

    ``owners`` is whom reporting can ask for heads, ``changes`` what the console is told.
    """
    settings = ReportingSettings(
        mode="demo",
        kafka="127.0.0.1:9",
        database_api_url=SecretStr(database.api_url),
        database_worker_url=SecretStr(database.worker_url),
        issuer_url=issuer_url,
        client_id="reporting",
        client_secret=SecretStr(CONSOLE_SECRET),
        member_key_secret=SecretStr(MEMBER_KEY_SECRET),
        **owners,
    )
    api, clients = Database(database.api_url, "api", 4), ServiceClient(settings)
    await api.open()
    app = create_app(
        service="reporting",
        settings=settings,
        database=api,
        routers=api_routers(SERVICE, ApiContext(settings, api, clients)),
    )
    async with serve(app) as service_url:
        told = {
            f"{name}_url": service_url
            for name in ("referral", "directory", "notifications", "reporting")
        }
        console = make_app(
            ConsoleSettings(
                mode="demo",
                issuer_url=issuer_url,
                client_secret=SecretStr(CONSOLE_SECRET),
                console_url=CONSOLE_URL,
                **(told | changes),
            )
        )
        transport = httpx.ASGITransport(app=console)
        async with (
            console.router.lifespan_context(console),
            httpx.AsyncClient(transport=transport, base_url=CONSOLE_URL) as browser,
        ):
            yield Front(browser, database, worker, issuer_url)
    await app.state.access.tokens.keys._http.aclose()
    await clients.close()
    await api.close()
