"""The start page, signing in and signing out."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.pages.frame import Frame, doors_of
from console.sealing import Seal
from console.session import SESSION_COOKIE, Session
from console.sign_in import (
    CALLBACK_PATH,
    SIGNING_IN_COOKIE,
    SIGNING_IN_SECONDS,
    Attempt,
    SignInFailed,
)
from console.wording import ROLES

_SEE_OTHER: Final = 303


def make_router(frame: Frame, seal: Seal) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def home(request: Request) -> Response:
        session = frame.sessions.of(request)
        memberships = await frame.memberships(session) if session else None
        context = {
            "title": "Start",
            "signed_out": session is None and "signed_out" in request.query_params,
            "memberships": memberships,
            "doors": doors_of(memberships or []),
            "roles": list(ROLES.values()),
        }
        return await frame.draw("home.html", request, session, context, memberships=memberships)

    @router.get("/sign-in")
    async def sign_in(request: Request) -> Response:
        attempt = Attempt.begin(_own_path(request.query_params.get("to")))
        answer = RedirectResponse(await frame.sign_in.address(attempt), _SEE_OTHER)
        sealed = seal.close(SIGNING_IN_COOKIE, attempt.content(), seconds=SIGNING_IN_SECONDS)
        frame.sessions.set_cookie(answer, SIGNING_IN_COOKIE, sealed, seconds=SIGNING_IN_SECONDS)
        return answer

    @router.get(CALLBACK_PATH)
    async def signed_in(request: Request) -> Response:
        content = seal.open(SIGNING_IN_COOKIE, request.cookies.get(SIGNING_IN_COOKIE))
        if content is None:
            raise SignInFailed
        attempt = Attempt(**content)
        done = await frame.sign_in.complete(attempt, request.query_params)
        answer = RedirectResponse(attempt.target, _SEE_OTHER)
        frame.sessions.keep(
            answer, Session.begin(done.access_token, done.name), seconds=done.seconds
        )
        frame.sessions.end(answer, SIGNING_IN_COOKIE)
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        await frame.sessions.of_form(request)
        answer = RedirectResponse("/?signed_out=1", _SEE_OTHER)
        frame.sessions.end(answer, SESSION_COOKIE)
        return answer

    return router


def _own_path(wanted: str | None) -> str:
    """Where to go after signing in: a page of this console, whatever the address said."""
    if wanted is None or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return "/"
    return wanted if wanted.isprintable() else "/"
