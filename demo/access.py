"""How the demonstration's own tools act as demo members: a token, and the membership behind it.

Promise    Nothing is allowed that a region would not allow: the token is the issuer's, the
           membership is granted by the first registrar through the directory's API.
Not here   Waiting until every service knows a membership: the caller repeats on 403 and 503.
"""

from __future__ import annotations

from typing import Final

import httpx
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.web.problem_text import answer_in_one_line
from demo.members import FIRST_REGISTRAR, Member

TIMEOUT_SECONDS: Final = 10.0
REPEATS_MAX: Final = 5
CREATED: Final = 201
CONFLICT: Final = 409


class AccessRefused(Exception):
    """The issuer or the directory did not give what was asked; the text says why."""


class DemoAccess(BaseSettings):
    """Where a running demonstration answers; read from WAYMARK_… when made without arguments."""

    model_config = SettingsConfigDict(env_prefix="WAYMARK_", hide_input_in_errors=True)

    issuer_url: str
    demo_secret: SecretStr
    referral_url: str
    directory_url: str
    notifications_url: str
    reporting_url: str

    async def token(self, http: httpx.AsyncClient, member: Member) -> str:
        """A bearer token for a member."""
        answer = await http.post(
            f"{self.issuer_url}/demo/token",
            json={"role": member.role, "organisation_code": member.organisation_code},
            headers={"Authorization": f"Bearer {self.demo_secret.get_secret_value()}"},
        )
        if not answer.is_success:
            raise AccessRefused(f"the issuer gave no token ({answer.status_code})")
        return str(answer.json()["access_token"])

    async def grant(self, http: httpx.AsyncClient, member: Member) -> bool:
        """Make sure the member's membership is in the register; True if it was not yet."""
        registrar = await self.token(http, FIRST_REGISTRAR)
        body = {
            "subject": member.subject,
            "role": member.role,
            "organisation_kind": member.organisation_kind,
            "organisation_code": member.organisation_code,
        }
        headers = {
            "Authorization": f"Bearer {registrar}",
            "Idempotency-Key": f"grant-{member.subject}",
        }
        url = f"{self.directory_url}/register/memberships"
        for _ in range(REPEATS_MAX):
            answer = await http.post(url, json=body, headers=headers)
            if answer.is_success:
                return answer.status_code == CREATED
            if answer.status_code != CONFLICT:
                raise AccessRefused(answer_in_one_line(answer))
        raise AccessRefused("the register is being changed all the time")
