"""One way to make an HTTP application, so that every service answers alike.

Promise    Every answer has passed the limits, the deadline and the record of requests; every fault
           is a problem; the database a route can reach is the api role's and no other.
Not here   Which roles run in a process and when they stop: ``chassis.process``.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg
import httpx
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, StatelessLifespan

from chassis.access.gate import RegisterGate
from chassis.access.keys import SigningKeys
from chassis.access.memberships import Memberships
from chassis.access.pace import Pace
from chassis.access.requirement import Access
from chassis.access.tokens import TokenRules, TokenVerifier
from chassis.database import Database, DatabaseUnavailable
from chassis.refusals import Refusal, RuleBroken, Unavailable
from chassis.settings import ServiceSettings
from chassis.web.docs import docs_router
from chassis.web.health import Readiness, health_router
from chassis.web.limits import Limits
from chassis.web.observation import Observation
from chassis.web.openapi import describe
from chassis.web.pages import Cursors
from chassis.web.problems import (
    answer_refusal,
    on_http_exception,
    on_invalid_request,
    on_refusal,
)

ISSUER_TIMEOUT = httpx.Timeout(3.0, connect=2.0)


class ForeignDatabase(TypeError):
    """A database under another role than api was offered to an HTTP door."""


def create_app(
    *,
    service: str,
    settings: ServiceSettings,
    database: Database | None,
    routers: Sequence[APIRouter] = (),
    readiness: Readiness | None = None,
    lifespan: StatelessLifespan[FastAPI] | None = None,
    gate: RegisterGate | None = None,
) -> FastAPI:
    """Make the application of one process.

    ``database`` is the api role's, or None in a process that answers health questions only.
    ``gate`` holds members back until the register has arrived; the directory needs none.
    """
    readiness = readiness or Readiness()
    app = bare_app(
        service=service,
        release=settings.release,
        routers=routers,
        readiness=readiness,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.cursors = Cursors(settings.member_key_secret.get_secret_value())
    if database is not None:
        # A check that optimisation cannot take away: this is the wall of the worker role.
        if database.role != "api":
            raise ForeignDatabase
        app.state.database = database
        access = make_access(settings, database, gate=gate)
        app.state.access = access
        readiness.add("api", "issuer", access.tokens.keys.readiness)
    return app


def bare_app(
    *,
    service: str,
    release: str,
    routers: Sequence[APIRouter],
    readiness: Readiness,
    lifespan: StatelessLifespan[FastAPI] | None = None,
    fault_page: ASGIApp | None = None,
) -> FastAPI:
    """Make an application with every rule of the platform but without database and tokens.

    ``fault_page`` answers a fault of ours where people look, and not programs.
    """
    app = FastAPI(
        title=f"Waymark {service}",
        version=release,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        # Spans and metrics are ours (observation): the native ones carry URLs and exceptions.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        middleware=[Middleware(Observation, fault_page=fault_page), Middleware(Limits)],
        exception_handlers=_handlers(),
    )
    # Routes are tried in order: what carries the load comes first.
    for router in routers:
        app.include_router(router)
    app.include_router(health_router(service=service, release=release, readiness=readiness))
    app.include_router(docs_router(service))
    describe(app)
    return app


def make_access(
    settings: ServiceSettings, database: Database, *, gate: RegisterGate | None = None
) -> Access:
    """Make what decides who may do what, for an application or a test of one."""
    rules = TokenRules(
        issuer=settings.issuer_url,
        audience=settings.audience,
        algorithms=settings.issuer_algorithms,
        service_clients=frozenset(settings.service_clients),
        member_key_secret=settings.member_key_secret.get_secret_value(),
        first_registrar_subject=settings.first_registrar_subject,
    )
    http = httpx.AsyncClient(timeout=ISSUER_TIMEOUT, trust_env=False)
    return Access(
        tokens=TokenVerifier(rules, SigningKeys(settings.issuer_url, http)),
        memberships=Memberships(database),
        first_registrar_region=settings.first_registrar_region,
        gate=gate,
        pace=Pace(settings.requests_per_second_max, settings.requests_burst_max),
    )


def _handlers() -> dict[Any, Any]:
    return {
        Refusal: on_refusal,
        HTTPException: on_http_exception,
        RequestValidationError: on_invalid_request,
        DatabaseUnavailable: _on_database_unavailable,
        asyncpg.CharacterNotInRepertoireError: _on_unstorable_text,
        asyncpg.UntranslatableCharacterError: _on_unstorable_text,
    }


async def _on_unstorable_text(_request: Request, _exc: Exception) -> Response:
    """Answer text no database keeps, where a model of a service forgot to refuse it."""
    return answer_refusal(RuleBroken(detail="The request holds a character that cannot be kept."))


async def _on_database_unavailable(_request: Request, _exc: Exception) -> Response:
    return answer_refusal(Unavailable())
