"""What groups say themselves: a member of theirs reads, answers, and confirms what was taken back.

Who reads who somebody is has it from then on, so these are the holders of the demonstration. In each
network one group confirms what was taken back and another has yet to; and one listing is withdrawn
while people are on the way there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chassis.web.problem_text import answer_in_one_line
from demo.batches import Poster, SeedRefused
from demo.members import FIRST_REGISTRAR, Member

GROUPS_A_NETWORK: Final = 2
_ANSWERS: Final[Sequence[Mapping[str, Any]]] = (
    {"answer": "accepted", "note": "She can start next week."},
    {"answer": "refused", "reason": "full"},
)


class Providers:
    """Tells it for one network, after all that its workers tell."""

    def __init__(self, poster: Poster, pcn_code: str) -> None:
        self._poster = poster
        self._base = poster.access.referral_url
        self._manager = Member("pcn-manager", pcn_code)
        self._worker = Member("link-worker", pcn_code)
        self._pcn_code = pcn_code

    async def tell(self) -> int:
        """Tell all of it; how many groups spoke."""
        loops = await self._open_loops()
        groups = list(dict.fromkeys(loop["organization_id"] for loop in loops))
        speaking = [Member("provider", one) for one in groups[:GROUPS_A_NETWORK]]
        await self._join(speaking)
        for place, member in enumerate(speaking):
            seen = await self._read(member)
            taken_back = await self._take_back(member, seen, loops)
            if taken_back is not None and place == 0:
                await self._confirm(member, taken_back)
            await self._answer(member, seen, _ANSWERS[place % len(_ANSWERS)])
        others = [
            loop for loop in loops if loop["organization_id"] not in groups[:GROUPS_A_NETWORK]
        ]
        for loop in others[:1]:
            url = f"{self._poster.access.directory_url}/services/{loop['listing_id']}/withdraw"
            _check(await self._poster.send(self._manager, "POST", url), "a withdrawal")
        return len(speaking)

    async def _open_loops(self) -> list[dict[str, Any]]:
        """Give what was sent and not answered, the same on every machine."""
        url = f"{self._base}/pcns/{self._pcn_code}/loops/open?stage=sent&limit=100"
        page = _check(await self._poster.send(self._manager, "GET", url), "open loops")
        return sorted(page["items"], key=lambda one: (one["sent_at"], one["need"]))

    async def _join(self, members: Sequence[Member]) -> None:
        items = [
            {
                "key": member.subject,
                "subject": member.subject,
                "role": member.role,
                "organisation_kind": member.organisation_kind,
                "organisation_code": member.organisation_code,
            }
            for member in members
        ]
        url = f"{self._poster.access.directory_url}/register/memberships/batch"
        await self._poster.post_each(FIRST_REGISTRAR, url, items)

    async def _read(self, member: Member) -> list[dict[str, Any]]:
        url = f"{self._base}/onward-referrals?limit=100"
        page = _check(await self._poster.send(member, "GET", url), "a group's list")
        return page["items"]

    async def _answer(
        self, member: Member, seen: Sequence[Mapping[str, Any]], said: Mapping[str, Any]
    ) -> None:
        for item in [one for one in seen if one["stage"] == "sent"][:1]:
            sent_at = datetime.fromisoformat(item["sent_at"])
            at = min(sent_at + timedelta(days=2), datetime.now(UTC)).isoformat()
            body = {**said, "occurred_at": at, "recorded_at": at}
            url = f"{self._base}/onward-referrals/{item['id']}/answer"
            await self._post(member, url, body, f"answer-{item['id']}")

    async def _take_back(
        self,
        member: Member,
        seen: Sequence[Mapping[str, Any]],
        loops: Sequence[Mapping[str, Any]],
    ) -> str | None:
        """Take back the consent of somebody the group knows; its id."""
        known = {one["id"] for one in seen if one["given_name"] is not None}
        for person_id in dict.fromkeys(one["person_id"] for one in loops if one["id"] in known):
            url = f"{self._base}/people/{person_id}/consents"
            page = _check(await self._poster.send(self._worker, "GET", url), "consents")
            for consent in page["items"]:
                if consent["recipient"]["id"] == member.organisation_code and consent["stands"]:
                    await self._post(
                        self._worker,
                        f"{self._base}/consents/{consent['id']}/revocation",
                        {},
                        f"revoked-{consent['id']}",
                        version=consent["version"],
                    )
                    return consent["id"]
        return None

    async def _confirm(self, member: Member, consent_id: str) -> None:
        page = _check(await self._poster.send(member, "GET", f"{self._base}/consents"), "held")
        for item in page["items"]:
            if item["id"] == consent_id:
                url = f"{self._base}/consents/{consent_id}/acknowledgements"
                key = f"confirmed-{consent_id}"
                await self._post(member, url, {}, key, version=item["version"])

    async def _post(
        self,
        member: Member,
        url: str,
        body: Mapping[str, Any],
        key: str,
        *,
        version: int | None = None,
    ) -> None:
        answer = await self._poster.send(
            member, "POST", url, body, key=f"seed-{key}", version=version
        )
        _check(answer, key)


def _check(answer: Any, what: str) -> Any:
    if not answer.is_success:
        raise SeedRefused(f"{what}: {answer_in_one_line(answer)}")
    return answer.json()
