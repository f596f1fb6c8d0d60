"""The page behind the link of a question: the owner of a listing says whether it is still right.

Promise    Opening it answers nothing, for mail servers open links too. The link is all it takes, and all
           it gives: whoever holds it sees the name of one listing and may answer one question. It is in
           no log, metric or trace, and no page is told of it.
Price      Whoever the message is passed on to can answer.
Not here   What follows from an answer: the directory.

A form of these pages has no token of a session. Such a token keeps others from using what a browser sends
along by itself, and here nothing is sent along: who does not have the link has no page to send a form to.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.client import Call, NothingThere, Refused, path
from console.pages.frame import Frame

FIELDS_MAX: Final = 10
QUESTION: Final = "Is this listing still right?"
NOTHING_CHOSEN: Final = "Choose one of the three answers"


class Answer(NamedTuple):
    """One of the three answers: how it is chosen, what it will do, and what follows it."""

    chosen: str
    does: str
    follows: str


ANSWERS: Final[Mapping[str, Answer]] = {
    "runs": Answer(
        "It runs, and what it says is right",
        "It is shown as confirmed by you.",
        "It is shown as confirmed by you from now on.",
    ),
    "changed": Answer(
        "It runs, and something changed",
        "It is shown with a warning until it is put right.",
        "It is shown with a warning until it is put right. Tell whoever sends people to you what is"
        " different, or change it yourself if you keep your own listings.",
    ),
    "no-longer": Answer(
        "It runs no longer",
        "It is taken out of the search at once.",
        "It is not found in the search any more. If it begins again, tell whoever sends people to you.",
    ),
}
UNKNOWN: Final = (
    "This link opens nothing",
    "It may have been cut off on its way.",
    "Copy the whole of it from the message, from https to its end.",
)
TOO_LATE: Final = (
    "The time for an answer is over",
    "Nothing has changed. We ask again where we still need to know.",
    "If something is not right, tell whoever sends people to you.",
)

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,64}")


def make_router(frame: Frame) -> APIRouter:
    """The routes of these pages."""
    router = APIRouter(prefix="/listing-check/{token}", include_in_schema=False)

    @router.get("")
    async def question(request: Request, token: str) -> Response:
        return await _draw(frame, request, await _asked(frame, token))

    @router.post("")
    async def answer(request: Request, token: str) -> Response:
        asked = await _asked(frame, token)
        async with request.form(max_files=0, max_fields=FIELDS_MAX) as form:
            said = form.get("answer")
        if asked is None or said not in ANSWERS:
            return await _draw(frame, request, asked, nothing_chosen=True)
        try:
            await frame.client.post_open(_call(token), {"answer": said})
        except Refused:
            # It was answered otherwise before, or its time is over: the page says which.
            return _to("listing-check", token)
        return _to("listing-check", token, "thanks")

    @router.get("/thanks")
    async def thanks(request: Request, token: str) -> Response:
        asked = await _asked(frame, token)
        if asked is not None and asked["answer"] is None:
            return _to("listing-check", token)
        return await _draw(frame, request, asked, answered="Thank you, your answer is kept")

    return router


async def _asked(frame: Frame, token: str) -> Mapping[str, Any] | None:
    """The question that the link opens; nothing where it opens none."""
    if _TOKEN.fullmatch(token) is None:
        return None
    try:
        return await frame.client.get_open(_call(token))
    except NothingThere:
        return None


async def _draw(
    frame: Frame,
    request: Request,
    asked: Mapping[str, Any] | None,
    *,
    nothing_chosen: bool = False,
    answered: str = "This question is answered",
) -> Response:
    """The question, or what became of it; ``answered`` is what an answered one is headed by."""
    if asked is None:
        return await _over(frame, request, "", UNKNOWN, status=404)
    name = str(asked["name"])
    if asked["answer"] is not None:
        given = ANSWERS[asked["answer"]]
        return await _over(frame, request, name, (answered, f"{given.chosen}.", given.follows))
    if asked["closed"]:
        return await _over(frame, request, name, TOO_LATE, status=410)
    context = {
        "title": f"Error: {QUESTION}" if nothing_chosen else QUESTION,
        "heading": QUESTION,
        "name": name,
        "error": NOTHING_CHOSEN if nothing_chosen else None,
        "answers": [
            {"value": value, "text": answer.chosen, "hint": {"text": answer.does}}
            for value, answer in ANSWERS.items()
        ],
    }
    page = await frame.draw(
        "listing_check.html", request, None, context, status=400 if nothing_chosen else 200
    )
    return _unlisted(page)


async def _over(
    frame: Frame, request: Request, name: str, words: tuple[str, ...], *, status: int = 200
) -> Response:
    title, *sentences = words
    context = {"title": title, "name": name, "sentences": sentences}
    page = await frame.draw("listing_check_over.html", request, None, context, status=status)
    return _unlisted(page)


def _to(*parts: str) -> Response:
    return _unlisted(RedirectResponse(path(*parts), 303))


def _unlisted(answer: Response) -> Response:
    """Let no search engine keep it. What it may tell other pages is said of every answer: nothing."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _call(token: str) -> Call:
    return Call("directory", path("listing-checks", token))
