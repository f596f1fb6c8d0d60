"""How far the owners of streams say they have come, so that figures know what they miss.

Promise    What is waiting is held against the owners themselves: a consumer of ours that has died
           cannot make old figures look complete. An owner that does not answer is named.
Price      An answer may be ``HEADS_KEPT_SECONDS`` old; an owner that is away costs a summary at most
           ``OWNER_TIMEOUT_SECONDS`` as often as that.
Not here   Healing and comparing: ``chassis.stream``.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chassis.service import ApiContext
from chassis.stream import Journal, StreamLimits
from contracts.topics import TOPICS

HEADS_KEPT_SECONDS: Final = 2.0
OWNER_TIMEOUT_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Heads:
    """How far streams go, by topic and stream, and which owners did not say."""

    numbers: Mapping[tuple[str, str], int]
    silent: Sequence[str]


class Owners:
    """The services whose events reporting counts."""

    def __init__(self, journals: Mapping[str, Journal]) -> None:
        self._journals = journals
        self._asking = asyncio.Lock()
        self._known = Heads({}, ())
        self._asked_at = -HEADS_KEPT_SECONDS

    @classmethod
    def of(cls, context: ApiContext) -> "Owners":
        """The owners this service was told the addresses of."""
        limits = StreamLimits(owner_timeout_seconds=OWNER_TIMEOUT_SECONDS)
        urls = {topic: getattr(context.settings, f"{topic.owner}_url") for topic in TOPICS}
        return cls(
            {
                topic.owner: Journal(topic.name, url, context.clients.http, limits)
                for topic, url in urls.items()
                if url is not None
            }
        )

    async def heads(self) -> Heads:
        """How far each stream goes; asked anew when what is known is no longer fresh."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= HEADS_KEPT_SECONDS:
                answers = await asyncio.gather(*map(_heads, self._journals.values()))
                self._known = _together(list(self._journals), answers)
                self._asked_at = time.monotonic()
            return self._known


async def _heads(journal: Journal) -> dict[tuple[str, str], int] | None:
    try:
        async with asyncio.timeout(OWNER_TIMEOUT_SECONDS):
            found = await journal.heads()
    except Exception:  # noqa: BLE001 - whatever keeps the owner from answering, it did not answer
        return None
    return {(journal.topic, stream): head.numbered for stream, head in found.items()}


def _together(
    owners: Sequence[str], answers: Sequence[Mapping[tuple[str, str], int] | None]
) -> Heads:
    numbers: dict[tuple[str, str], int] = {}
    for answer in answers:
        numbers.update(answer or {})
    silent = [owner for owner, answer in zip(owners, answers, strict=True) if answer is None]
    return Heads(numbers, tuple(silent))
