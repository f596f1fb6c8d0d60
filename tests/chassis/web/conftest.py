"""An application with the platform's rules and a few routes that show them."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from chassis.web.app import bare_app
from chassis.web.health import Readiness
from chassis.web.pages import Cursors
from tests.chassis.web.trial import trial_router


@pytest.fixture
def app() -> FastAPI:
    readiness = Readiness()
    made = bare_app(service="trial", release="1.2.3", routers=[trial_router()], readiness=readiness)
    made.state.cursors = Cursors("a secret of this test")
    made.state.readiness = readiness
    return made


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://trial") as client:
        yield client
