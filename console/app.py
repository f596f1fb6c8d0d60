"""The console as an application: pages, static files, and a page for everything that goes wrong."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis import telemetry
from chassis.access.discovery import IssuerAway
from chassis.web.app import bare_app
from chassis.web.health import Readiness
from console.client import Away, Client, NothingThere, NotPermitted, Refused
from console.pages import (
    find_help,
    group,
    home,
    ideas,
    listing,
    listing_check,
    operations,
    overview,
    raise_idea,
    relations,
    undelivered,
    unmet_need,
    who_helps,
)
from console.pages.frame import Frame
from console.sealing import Seal
from console.session import ForeignForm, NotSignedIn, Sessions
from console.settings import ConsoleSettings
from console.sign_in import SignIn, SignInFailed
from console.templating import Pages

STATIC: Final = Path(__file__).parent / "static"
STATIC_KEPT_SECONDS: Final = 3600

_WORDS: Final[dict[type[Exception], tuple[int, str, tuple[str, ...]]]] = {
    Away: (
        503,
        "This page cannot be shown at the moment",
        ("A part of Waymark did not answer. Nothing is lost.", "Try again in a minute."),
    ),
    IssuerAway: (
        503,
        "Signing in does not work at the moment",
        ("The service you sign in with did not answer.", "Try again in a minute."),
    ),
    NotPermitted: (
        403,
        "Your role does not open this page",
        ("If it should, ask the registrar of your region to add the role.",),
    ),
    NothingThere: (
        404,
        "Page not found",
        ("There is nothing here, or nothing that you may see.",),
    ),
    SignInFailed: (
        400,
        "You are not signed in",
        ("Signing in took too long or was begun in another window.", "Start again."),
    ),
    ForeignForm: (
        403,
        "That form was not accepted",
        ("It was not sent from a page of yours, or you have signed in again since.",),
    ),
    RequestValidationError: (400, "That did not work", ("The address is not complete.",)),
}


def make_app(settings: ConsoleSettings) -> FastAPI:
    """Make the console; nothing is opened before its first page is asked for."""
    seal = Seal(settings.client_secret.get_secret_value())
    frame = Frame(
        pages=Pages(release=settings.release, demo=settings.mode == "demo"),
        sessions=Sessions(seal, settings.console_url),
        client=Client(settings),
        sign_in=SignIn(settings),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        yield
        await frame.client.close()
        await frame.sign_in.close()

    readiness = Readiness()
    readiness.add("console", "pages", _always_ready)
    app = bare_app(
        service="console",
        release=settings.release,
        routers=[
            home.make_router(frame, seal),
            find_help.make_router(frame, seal),
            listing.make_router(frame),
            group.make_router(frame),
            relations.make_router(frame),
            unmet_need.make_router(frame),
            raise_idea.make_router(frame),
            ideas.make_router(frame),
            overview.make_router(frame),
            operations.make_router(frame),
            undelivered.make_router(frame),
            who_helps.make_router(frame),
            listing_check.make_router(frame),
        ],
        readiness=readiness,
        lifespan=lifespan,
        fault_page=_fault_page(frame),
    )
    app.mount("/static", _KeptFiles(directory=STATIC))
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(HTTPException, _refusal(frame, _of_status))
    app.add_exception_handler(Refused, _refusal(frame, _of_refused))
    for kind in _WORDS:
        app.add_exception_handler(kind, _refusal(frame, _of_kind))
    return app


class _KeptFiles(StaticFiles):
    """Files a browser may keep for a while."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        answer = super().file_response(*args, **kwargs)  # pyright: ignore[reportArgumentType]
        answer.headers["Cache-Control"] = f"public, max-age={STATIC_KEPT_SECONDS}"
        return answer


async def _always_ready() -> str | None:
    """A page can be drawn as soon as the process answers; services that are away have their page."""
    return None


async def _to_sign_in(request: Request, _fault: Exception) -> Response:
    """Sign in, and come back to the page that was asked for."""
    wanted = request.url.path if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?{urlencode({'to': wanted})}", 303)


Words = tuple[int, str, tuple[str, ...]]


def _fault_page(frame: Frame) -> ASGIApp:
    """What is shown of a fault of the console's own: that it happened, and by what it is found."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        number = telemetry.current_trace_id()
        page = await frame.draw(
            "refused.html",
            request,
            frame.sessions.of(request),
            {
                "title": "Something went wrong",
                "sentences": (
                    "It is a fault of Waymark, not of yours.",
                    "Whether the last thing you entered was kept, the page it is on will show.",
                    f"Whoever runs Waymark finds what happened under {number}.",
                ),
            },
            status=500,
        )
        await page(scope, receive, send)

    return answer


def _refusal(
    frame: Frame, words_of: Callable[[Exception], Words]
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, fault: Exception) -> Response:
        status, title, sentences = words_of(fault)
        session = frame.sessions.of(request)
        return await frame.draw(
            "refused.html",
            request,
            session,
            {"title": title, "sentences": sentences},
            status=status,
        )

    return answer


def _of_kind(fault: Exception) -> Words:
    return next(words for kind, words in _WORDS.items() if isinstance(fault, kind))


def _of_status(fault: Exception) -> Words:
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    if status == 404:
        return _WORDS[NothingThere]
    return status, "That did not work", ("The console does not do what was asked.",)


def _of_refused(fault: Exception) -> Words:
    detail = fault.detail if isinstance(fault, Refused) else ""
    return 409, "That was not done", (detail, "Nothing has changed.")
