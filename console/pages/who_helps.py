"""Who can help in a network, in plain words, for anybody: before somebody is referred."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console.client import Call, NothingThere, path
from console.pages.frame import Frame

LANGUAGES: Final = {"en": "English", "pl": "Polski"}
"""What people call their own language; another is shown by its code."""


def make_router(frame: Frame) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/who-helps/{pcn_code}")
    async def who_helps(request: Request, pcn_code: str) -> Response:
        language = request.query_params.get("language", "en")
        if len(language) != 2 or not (language.isascii() and language.isalpha()):
            raise NothingThere
        call = Call("referral", path("public", "pcns", pcn_code, "roles"), {"language": language})
        told = await frame.client.get_open(call)
        spoken = sorted({code for role in told["roles"] for code in role["languages"]})
        context = {
            "title": f"Who can help: {told['pcn_name']}",
            "told": told,
            "languages": [
                {"code": code, "name": LANGUAGES.get(code, code)}
                for code in spoken
                if code != language
            ],
        }
        return await frame.draw("who_helps.html", request, None, context)

    return router
