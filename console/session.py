"""Who is signed in, kept in a sealed cookie, and the token that makes a form theirs.

Promise    A form is accepted only with the token of the session it was drawn for, and only from a
           page of ours.
Not here   How somebody signs in: ``sign_in``. What they may see: the services decide.
"""

import hmac
import secrets
from dataclasses import asdict, dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from console.sealing import Seal

SESSION_COOKIE: Final = "waymark_session"
SESSION_SECONDS_MAX: Final = 8 * 3600
FORM_TOKEN_BYTES: Final = 24
FORM_FIELDS_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in."""

    access_token: str
    name: str
    form_token: str

    @classmethod
    def begin(cls, access_token: str, name: str) -> "Session":
        """A new session with a form token nobody can guess."""
        return cls(access_token, name, secrets.token_urlsafe(FORM_TOKEN_BYTES))


class NotSignedIn(Exception):
    """The page is for somebody who has signed in."""


class ForeignForm(Exception):
    """The form was not drawn by this console for this session."""


class Sessions:
    """Keeps sessions in the browser."""

    def __init__(self, seal: Seal, console_url: str) -> None:
        self._seal = seal
        self._console_url = console_url

    def of(self, request: Request) -> Session | None:
        """The session of a request, if there is one."""
        content = self._seal.open(SESSION_COOKIE, request.cookies.get(SESSION_COOKIE))
        return None if content is None else Session(**content)

    def needed(self, request: Request) -> Session:
        """The session of a request that must have one."""
        session = self.of(request)
        if session is None:
            raise NotSignedIn
        return session

    async def of_form(self, request: Request) -> tuple[Session, dict[str, str]]:
        """The session and the fields of a form that was drawn for it."""
        session = self.needed(request)
        origin = request.headers.get("origin")
        if origin is not None and origin != self._console_url:
            raise ForeignForm
        async with request.form(max_files=0, max_fields=FORM_FIELDS_MAX) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        given = fields.pop("form_token", "")
        if not hmac.compare_digest(given.encode(), session.form_token.encode()):
            raise ForeignForm
        return session, fields

    def keep(self, response: Response, session: Session, *, seconds: int) -> None:
        """Put the session into the browser."""
        seconds = min(seconds, SESSION_SECONDS_MAX)
        sealed = self._seal.close(SESSION_COOKIE, asdict(session), seconds=seconds)
        self.set_cookie(response, SESSION_COOKIE, sealed, seconds=seconds)

    def end(self, response: Response, *names: str) -> None:
        """Take cookies out of the browser."""
        for name in names or (SESSION_COOKIE,):
            self.set_cookie(response, name, "", seconds=0)

    def set_cookie(self, response: Response, name: str, value: str, *, seconds: int) -> None:
        """Set a cookie that scripts cannot read and other sites cannot make use of."""
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            httponly=True,
            samesite="lax",
            secure=self._console_url.startswith("https:"),
            path="/",
        )
