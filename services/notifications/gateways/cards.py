"""Asking how somebody can be written to, at the moment of writing and not before.

Promise    An address is asked for, used and forgotten: it is in no row, event, log or trace here.
Price      A service that does not answer makes the message wait.
"""

from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.access.discovery import IssuerAway
from chassis.access.service_client import ServiceClient
from services.notifications.domain import Card


class CardNotAvailable(Exception):
    """The service that knows cannot say just now."""


class _PracticeCard(BaseModel):
    """What the directory answers; what it adds later is passed over."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    name: str
    contact_email: str | None


class _PersonCard(BaseModel):
    """What the referral service answers; what it adds later is passed over."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    email: str | None
    messages_consented: bool
    safe_channel: str
    deceased: bool = False


class Cards:
    """The contact cards of other services."""

    def __init__(self, clients: ServiceClient, *, directory_url: str, referral_url: str) -> None:
        self._clients = clients
        self._directory_url = directory_url
        self._referral_url = referral_url

    async def of_referrer(self, code: str) -> Card | None:
        """The card of an organisation that refers; nothing where the directory knows none."""
        found = await self._ask(f"{self._directory_url}/internal/practices/{code}/card")
        if found is None:
            return None
        card = _read(_PracticeCard, found)
        return Card(email=card.contact_email, name=card.name)

    async def of_person(self, person_id: UUID) -> Card | None:
        """The card of a person, with what they agreed to as of now."""
        found = await self._ask(f"{self._referral_url}/internal/people/{person_id}/card")
        if found is None:
            return None
        card = _read(_PersonCard, found)
        return Card(
            email=card.email,
            messages_consented=card.messages_consented,
            safe_channel=card.safe_channel,
            deceased=card.deceased,
        )

    async def _ask(self, url: str) -> Any:
        try:
            answer = await self._clients.get(url)
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return None
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, IssuerAway, ValueError):
            # The fault names an address of ours and may quote an answer: it goes no further.
            raise CardNotAvailable from None


F = TypeVar("F", bound=BaseModel)


def _read(form: type[F], found: Any) -> F:
    try:
        return form.model_validate(found)
    except ValidationError:
        raise CardNotAvailable from None
