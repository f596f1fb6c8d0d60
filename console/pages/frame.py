"""What every page needs: who looks, what they may open, and how the page is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse

from console.client import Away, Call, Client, NotPermitted
from console.session import Session, Sessions
from console.sign_in import SignIn
from console.templating import Pages
from console.wording import role_name

UPDATE_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Membership:
    """One role the user holds, in words and codes."""

    role: str
    role_name: str
    organisation_kind: str
    organisation_code: str
    organisation_name: str


@dataclass(frozen=True, slots=True)
class Door:
    """A page the user may open."""

    href: str
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of the console that pages share."""

    pages: Pages
    sessions: Sessions
    client: Client
    sign_in: SignIn

    async def memberships(self, session: Session) -> list[Membership] | None:
        """The roles the user holds; None while nobody can tell."""
        try:
            answer = await self.client.get(session.access_token, Call("reporting", "/me"))
        except Away:
            return None
        except NotPermitted:
            return []
        return [
            Membership(
                role=one["role"],
                role_name=role_name(one["role"]),
                organisation_kind=one["organisation_kind"],
                organisation_code=one["organisation_code"],
                organisation_name=one["organisation_name"] or one["organisation_code"],
            )
            for one in answer["memberships"]
        ]

    async def draw(
        self,
        name: str,
        request: Request,
        session: Session | None,
        context: Mapping[str, Any],
        *,
        memberships: list[Membership] | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        """Draw a page with the menu of whoever looks at it."""
        doors = doors_of(memberships or [])
        here = request.url.path
        navigation = [
            {"href": door.href, "text": door.text, "current": here.startswith(door.href)}
            for door in doors
        ]
        whole = {"session": session, "navigation": navigation, **context}
        return self.pages.answer(name, whole, status=status)


def doors_of(memberships: list[Membership]) -> list[Door]:
    """The pages these roles open, each once."""
    doors: dict[str, Door] = {}
    for one in memberships:
        if one.role == "region-analyst":
            door = Door(
                f"/regions/{one.organisation_code}",
                "Region",
                f"What the networks of {one.organisation_name} do, and how long people wait.",
            )
        elif one.role == "pcn-manager":
            door = Door(
                f"/networks/{one.organisation_code}",
                f"Network {one.organisation_code}",
                f"The exact figures of {one.organisation_name}.",
            )
        elif one.role == "operator":
            door = Door(
                "/operations",
                "Operations",
                "Is everything arriving? What waits, what failed, and what to do about it.",
            )
        else:
            continue
        doors.setdefault(door.href, door)
    return list(doors.values())


def paused(request: Request) -> bool:
    """Whether the user asked the page to stay as it is."""
    return request.query_params.get("paused") == "1"


def here_of(request: Request) -> dict[str, str]:
    """This page's own addresses: plain, paused and going."""
    kept = {name: value for name, value in request.query_params.items() if name != "paused"}
    path = request.url.path
    return {
        "path": path,
        "paused": f"{path}?{urlencode({**kept, 'paused': '1'})}",
        "going": f"{path}?{urlencode(kept)}" if kept else path,
    }
