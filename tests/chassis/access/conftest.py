"""An issuer, a verifier and a small register to judge callers by."""

from collections.abc import AsyncIterator

import httpx
import pytest

from chassis.access.keys import SigningKeys
from chassis.access.tokens import TokenRules, TokenVerifier
from chassis.database import Database
from chassis.provisioning import Provisioned
from tests.chassis.access.trial import SECRET
from tests.issuer import AUDIENCE, Issuer


@pytest.fixture
async def verifier(issuer: Issuer) -> AsyncIterator[TokenVerifier]:
    rules = TokenRules(
        issuer=issuer.url,
        audience=AUDIENCE,
        algorithms=("ES256", "RS256"),
        service_clients=frozenset({"reporting"}),
        member_key_secret=SECRET,
        first_registrar_subject="the-first-registrar",
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        yield TokenVerifier(rules, SigningKeys(issuer.url, http))


@pytest.fixture
async def worker_database(shared_database: Provisioned) -> AsyncIterator[Database]:
    database = Database(shared_database.worker_url, "worker", 2)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def api_database(shared_database: Provisioned) -> AsyncIterator[Database]:
    database = Database(shared_database.api_url, "api", 4)
    await database.open()
    yield database
    await database.close()
