"""The receiver: whoever brings codes and messages into practices' records, one adapter away.

Promise    Each hand-over says which of four things happened: taken, taken and in the record,
           refused for good, or nothing yet. An item goes over under its id, as often as it must.
Price      A receiver that took an item and then fell silent looks like nothing yet.
Not here   Trying again: ``use_cases.writeback``. A receiver: demonstrations bring their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar, get_args

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.referral.domain.coding import CODES, SYSTEM
from services.referral.domain.message_back import FORMAT
from services.referral.domain.writeback import Delivery, Failure

TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0, pool=3.0)
HAND_OVER_SECONDS_MAX: Final = 16.0
ANSWER_SIZE_MAX_BYTES: Final = 64 * 1024

_FAILURES: Final = get_args(Failure)
_TERMS: Final = {code.code: code.term for code in CODES}
# With these nothing is wrong with the item: it is the receiver's trouble, or ours with it.
_NOT_NOW: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


class ReceiverAway(Exception):
    """The receiver cannot be reached, or cannot say just now."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver will never take this item."""

    reason: Failure


Receipt: TypeAlias = Literal["taken", "acknowledged"] | Refused


class Receiver(Protocol):
    """Who takes items over and counts what it has."""

    async def hand_over(self, delivery: Delivery) -> Receipt:
        """Hand one item over; raises ``ReceiverAway`` where nothing is known of it."""
        ...

    async def count(self, practice_code: str) -> int:
        """Ask how many items of ours it has for a practice, each counted once."""
        ...


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    acknowledged: bool = False


class _Counts(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    items: int = Field(ge=0)


class HttpReceiver:
    """A receiver that is spoken to by HTTP: ``PUT /items/{id}``, ``GET /practices/{code}/count``."""

    def __init__(self, url: str, token: str | None, http: httpx.AsyncClient | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url.rstrip("/")
        self._headers = headers
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)

    async def close(self) -> None:
        """Give back every connection."""
        await self._http.aclose()

    async def hand_over(self, delivery: Delivery) -> Receipt:
        """Put the item at its id, where a second time changes nothing."""
        answer = await self._ask("PUT", f"/items/{delivery.id}", body_of(delivery))
        if answer.is_success:
            return "acknowledged" if _read(_Answer, answer).acknowledged else "taken"
        if answer.is_client_error and answer.status_code not in _NOT_NOW:
            return Refused(_reason_in(answer))
        raise ReceiverAway

    async def count(self, practice_code: str) -> int:
        """Ask for the receiver's own count."""
        answer = await self._ask("GET", f"/practices/{practice_code}/count")
        if not answer.is_success:
            raise ReceiverAway
        return _read(_Counts, answer).items

    async def _ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        try:
            answer = await self._http.request(
                method,
                f"{self._url}{path}",
                json=body,
                headers=self._headers,
                follow_redirects=False,
            )
        except httpx.HTTPError:
            # The fault may quote what was sent: it goes no further.
            raise ReceiverAway from None
        if len(answer.content) > ANSWER_SIZE_MAX_BYTES:
            raise ReceiverAway
        return answer


def body_of(delivery: Delivery) -> Mapping[str, Any]:
    """Give an item as the receiver gets it."""
    body: dict[str, Any] = {
        "id": str(delivery.id),
        "kind": delivery.kind,
        "practice_code": delivery.practice_code,
        "occurred_at": delivery.occurred_at.isoformat(),
        "author_id": str(delivery.worker_id) if delivery.worker_id else None,
        "person": {
            "nhs_number": delivery.nhs_number,
            "given_name": delivery.given_name,
            "family_name": delivery.family_name,
            "birth_date": delivery.birth_date.isoformat(),
        },
    }
    if delivery.code is not None:
        body["coding"] = {
            "system": SYSTEM,
            "code": delivery.code,
            "display": _TERMS.get(delivery.code),
        }
    if delivery.document is not None:
        body["message"] = {
            "format": FORMAT,
            "document": delivery.document,
            "content_hash": delivery.content_hash,
        }
    if delivery.withdraws is not None:
        body["withdraws"] = str(delivery.withdraws)
    return body


F = TypeVar("F", bound=BaseModel)


def _read(form: type[F], answer: httpx.Response) -> F:
    try:
        return form.model_validate_json(answer.content)
    except ValidationError:
        raise ReceiverAway from None


def _reason_in(answer: httpx.Response) -> Failure:
    try:
        said = answer.json()["reason"]
    except (ValueError, KeyError, TypeError):
        return "other"
    return said if said in _FAILURES else "other"
