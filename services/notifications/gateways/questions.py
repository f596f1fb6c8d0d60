"""Asking the directory for the question to a listing's owner, at the moment of sending it.

Promise    Address and token are asked for, used and forgotten. However often the same question is
           asked for, it has the same token, so no try of a message uses anything up.
Price      A directory that does not answer makes the message wait.
"""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.access.discovery import IssuerAway
from chassis.access.service_client import ServiceClient
from services.notifications.domain import Question
from services.notifications.gateways.cards import CardNotAvailable

CLOSED = "/problems/check-closed"


class _Link(BaseModel):
    """What the directory answers; what it adds later is passed over."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    name: str
    email: str | None
    answer_until: datetime
    token: str


class Questions:
    """The directory's questions to owners of listings."""

    def __init__(self, clients: ServiceClient, *, directory_url: str) -> None:
        self._clients = clients
        self._directory_url = directory_url

    async def put(self, region_code: str, check_id: UUID) -> Question | None:
        """The question as it stands now; nothing where it is asked no longer."""
        url = f"{self._directory_url}/internal/regions/{region_code}/listing-checks/{check_id}/link"
        try:
            answer = await self._clients.post(url, json=None)
            if _is_closed(answer):
                return None
            answer.raise_for_status()
            link = _Link.model_validate_json(answer.content)
        except (httpx.HTTPError, IssuerAway, ValidationError, ValueError):
            # The fault may quote an answer, which holds a secret: it goes no further.
            raise CardNotAvailable from None
        return Question(
            email=link.email,
            listing_name=link.name,
            answer_until=link.answer_until,
            token=link.token,
        )


def _is_closed(answer: httpx.Response) -> bool:
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return True
    return answer.status_code == HTTPStatus.CONFLICT and answer.json().get("type") == CLOSED
