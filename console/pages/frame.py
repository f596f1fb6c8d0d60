"""What every page needs: who looks, what they may open, and how the page is drawn."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse

from console.client import Away, Call, Client, NotPermitted, path
from console.session import Session, Sessions
from console.sign_in import SignIn
from console.templating import Pages
from console.wording import role_name

UPDATE_SECONDS: Final = 10
WORKERS: Final = frozenset({"link-worker", "health-coach", "care-coordinator"})
PUBLISHERS: Final = frozenset({"pcn-manager", "registrar"})
"""Who publishes listings, begins with ideas and says what they became."""
COLLEAGUES: Final = WORKERS | PUBLISHERS
"""Who raises ideas, says what is wrong with a listing and who knows whom."""


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
        current = _door_of(request.url.path, doors)
        navigation = [
            {"href": door.href, "text": door.text, "current": door is current} for door in doors
        ]
        whole = {"session": session, "navigation": navigation, **context}
        return self.pages.answer(name, whole, status=status)


FIND_HELP: Final = Door(
    "/listings",
    "Find help",
    "Groups and activities for a person, in plain words: why each fits, what room there is, "
    "how fresh that is.",
)
"""Anybody may search; here, whoever has signed in."""
AGREEMENTS: Final = Door(
    "/agreements", "Agreements", "What was agreed with groups and practices and ends soon."
)


def holds(memberships: Iterable[Membership] | None, roles: Collection[str]) -> bool:
    """Whether they hold one of these roles; nobody does while nobody can tell."""
    return any(one.role in roles for one in memberships or ())


def doors_of(memberships: list[Membership]) -> list[Door]:
    """The pages these roles open, each once."""
    doors: dict[str, Door] = {}
    for one in memberships:
        for door in _doors_of_role(one):
            doors.setdefault(door.href, door)
    if memberships:
        doors[FIND_HELP.href] = FIND_HELP
    return list(doors.values())


def _doors_of_role(one: Membership) -> list[Door]:
    if one.role == "region-analyst":
        page = path("regions", one.organisation_code)
        about = f"What the networks of {one.organisation_name} do, and how long people wait."
        unmet = f"What people of {one.organisation_name} needed and did not find, and why."
        return [Door(page, "Region", about), Door(f"{page}/unmet-need", "Unmet need", unmet)]
    if one.role == "pcn-manager":
        code = one.organisation_code
        page = path("networks", code)
        about = f"The exact figures of {one.organisation_name}."
        unmet = f"What people of {one.organisation_name} needed and did not find, and why."
        return [
            Door(page, f"Network {code}", about),
            Door(f"{page}/unmet-need", f"Unmet need {code}", unmet),
            _ideas_door(one),
            AGREEMENTS,
        ]
    if one.role in WORKERS:
        return [_ideas_door(one)]
    if one.role == "registrar":
        return [AGREEMENTS]
    if one.role == "provider":
        about = "Its listings, and what it received and achieved each month."
        return [Door(path("groups", one.organisation_code), "Your group", about)]
    if one.role == "operator":
        about = "Is everything arriving? What waits, what failed, and what to do about it."
        return [Door("/operations", "Operations", about)]
    return []


def _ideas_door(one: Membership) -> Door:
    code = one.organisation_code
    about = f"What would close a gap in {one.organisation_name}: who backs it, what money may help."
    return Door(f"{path('networks', code)}/ideas", f"Ideas {code}", about)


def _door_of(here: str, doors: list[Door]) -> Door | None:
    """The page that an address belongs to: the one whose own address reaches furthest into it."""
    around = [door for door in doors if here == door.href or here.startswith(f"{door.href}/")]
    return max(around, key=lambda door: len(door.href), default=None)


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
