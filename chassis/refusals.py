"""What the platform answers when it will not do what was asked, as plain facts.

A refusal is raised anywhere between a door and the database and becomes one RFC 9457
problem at the door (``chassis.web.problems``). It needs the standard library alone, so
that code far from HTTP can raise one without knowing what carries it.

Promise    A refusal says which rule was broken and where, never with which value.
Not here   A service's domain rules: its own exceptions, mapped to refusals at its doors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Part = Literal["body", "path", "query", "header", "cookie"]

REGISTER_RETRY_AFTER_SECONDS = 2
UNAVAILABLE_RETRY_AFTER_SECONDS = 2
RUNNING_RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """One place of the request and the rule it breaks; never the value found there."""

    pointer: str
    rule: str
    part: Part = "body"


class Refusal(Exception):
    """A request that is not done, with the HTTP status and the stable name of why.

    ``name`` is the last part of the problem's ``type`` (``/problems/<name>``) and is
    described in ``docs/reference/problems.md``; ``detail`` is for a human and holds
    nothing the caller sent.
    """

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        errors: Sequence[BrokenRule] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name)
        self.status = status
        self.name = name
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class NothingFound(Refusal):
    """No such thing, or nothing this caller may know of: the two answer alike."""

    def __init__(self) -> None:
        super().__init__(404, "not-found", "There is nothing here that you may see.")


class NotSignedIn(Refusal):
    """The bearer token is absent, out of date or not one we accept."""

    def __init__(self, *, token_given: bool) -> None:
        challenge = 'Bearer realm="waymark"'
        if token_given:
            challenge += ', error="invalid_token"'
        super().__init__(
            401,
            "not-signed-in",
            "A valid bearer token is needed.",
            headers={"WWW-Authenticate": challenge},
        )


class NotPermitted(Refusal):
    """The caller is known and none of their memberships allows this."""

    def __init__(self, detail: str = "None of your roles may do this.") -> None:
        super().__init__(403, "not-permitted", detail)


class ReasonRequired(Refusal):
    """Opening what is a colleague's, or hidden, needs a recorded reason."""

    def __init__(self) -> None:
        super().__init__(
            403,
            "reason-required",
            "Say why you need to open this in the Waymark-Reason header. It is recorded.",
        )


class RuleBroken(Refusal):
    """The request is well formed and at least one of its values breaks a rule."""

    def __init__(self, *errors: BrokenRule, detail: str = "The request breaks a rule.") -> None:
        super().__init__(422, "rule-broken", detail, errors)


class Unavailable(Refusal):
    """Something this answer needs is away for the moment; the same request may be repeated."""

    def __init__(
        self,
        name: str = "unavailable",
        detail: str = "The service cannot answer just now. Please repeat the request.",
        *,
        retry_after_seconds: int = UNAVAILABLE_RETRY_AFTER_SECONDS,
    ) -> None:
        super().__init__(503, name, detail, headers={"Retry-After": str(retry_after_seconds)})


class RegisterBehind(Unavailable):
    """The register of organisations and memberships has not arrived here yet."""

    def __init__(self) -> None:
        super().__init__(
            "register-behind",
            "The register of organisations has not fully arrived here. Please repeat the request.",
            retry_after_seconds=REGISTER_RETRY_AFTER_SECONDS,
        )
