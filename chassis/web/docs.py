"""Pages for people who write clients: the description of this interface and of its problems.

Promise    Everything a page needs comes from this process; no page asks another site for anything.
Price      A plain reader of ``/openapi.json``, not a console that sends requests.
Not here   The texts on problems: ``problems.md`` beside this module and beside a service's own.
"""

import html
import importlib.resources
import re
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from chassis.refusals import NothingFound

_ASSETS = Path(__file__).parent / "assets"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY}
_SECTION = re.compile(r"^## ([a-z][a-z0-9-]*)$", re.MULTILINE)


def docs_router(service: str) -> APIRouter:
    """Make the pages of one service."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs() -> Response:  # pyright: ignore[reportUnusedFunction]
        return HTMLResponse(_page(f"Waymark {service}"), headers=_HEADERS)

    @router.get("/docs/{name}")
    async def asset(name: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        media_type = {"reader.js": "text/javascript", "reader.css": "text/css"}.get(name)
        if media_type is None:
            raise NothingFound
        return Response(_asset(name), media_type=media_type)

    @router.get("/problems/{name}")
    async def problem_page(name: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        text = problem_texts(service).get(name)
        if text is None:
            raise NothingFound
        return HTMLResponse(_problem_page(name, text), headers=_HEADERS)

    return router


@cache
def problem_texts(service: str) -> dict[str, str]:
    """Give what each problem means: the chassis' own and the service's."""
    texts = _sections((Path(__file__).parent / "problems.md").read_text(encoding="utf-8"))
    try:
        own = importlib.resources.files(f"services.{service}").joinpath("problems.md")
        texts |= _sections(own.read_text(encoding="utf-8"))
    except (ModuleNotFoundError, FileNotFoundError):
        pass
    return texts


def _sections(page: str) -> dict[str, str]:
    _, *rest = _SECTION.split(page)
    return {name: text.strip() for name, text in zip(rest[::2], rest[1::2], strict=True)}


@cache
def _asset(name: str) -> bytes:
    return (_ASSETS / name).read_bytes()


def _page(title: str) -> str:
    return (
        (_ASSETS / "reader.html").read_text(encoding="utf-8").replace("{title}", html.escape(title))
    )


def _problem_page(name: str, text: str) -> str:
    title = name.replace("-", " ").capitalize()
    paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title>"
        '<link rel="stylesheet" href="/docs/reader.css"></head>'
        f"<body><main><h1>{html.escape(title)}</h1>{paragraphs}</main></body></html>"
    )
