"""What every public read has in common: any origin may read it, and nothing asked of it is ignored.

Promise    Problems may be read by a page of any origin too. A parameter that a route does not know, or
           that is given twice, is a problem naming it.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final, cast

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chassis.refusals import BrokenRule, RuleBroken

_NAME = re.compile(r"[a-z_]{1,40}", re.ASCII | re.IGNORECASE)

_PREFLIGHT: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


class OpenRoute(APIRoute):
    """A route whose every answer, problems too, may be read by a page of any origin."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and say that anybody may read the answer; a browser may ask that beforehand."""
        asks = Headers(scope=scope).get("access-control-request-method")
        if scope["method"] == "OPTIONS" and asks == "GET":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
            return

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Access-Control-Allow-Origin"] = "*"
            await send(message)

        await super().handle(scope, receive, opened)


def only_known(request: Request) -> None:
    """Refuse a parameter that this route does not have, or that is given twice."""
    given = [name for name, _ in request.query_params.multi_items()]
    known = sorted(set(_parameters(cast("APIRoute", request.scope["route"]).dependant)))
    refuse_unknown(given, known)
    twice = next((name for name in known if given.count(name) > 1), None)
    if twice is not None:
        raise RuleBroken(BrokenRule(f"/{twice}", "must be given once", "query"))


def refuse_unknown(given: Iterable[str], known: Collection[str]) -> None:
    """Refuse the first parameter that is not known, by its name where that could be one."""
    unknown = next((name for name in given if name not in known), None)
    if unknown is None:
        return
    others = f"known are {', '.join(sorted(known))}" if known else "this path has none"
    pointer = f"/{unknown}" if _NAME.fullmatch(unknown) else ""
    raise RuleBroken(BrokenRule(pointer, f"is no parameter here: {others}", "query"))


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for part in dependant.dependencies:
        yield from _parameters(part)


OnlyKnown = Depends(only_known)
