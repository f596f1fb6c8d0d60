"""What a seed learns from a batch that was told before."""

import httpx
from pydantic import SecretStr

from demo.access import DemoAccess
from demo.batches import Poster
from demo.members import Member


async def test_an_item_that_was_told_before_is_known_as_such() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "synthetic"})
        items = [
            {"key": "new", "status": 201, "body": {"id": "1"}},
            {"key": "old", "status": 201, "body": {"id": "2"}, "replayed": True},
        ]
        return httpx.Response(200, json={"items": items})

    url = "http://service.example.org"
    access = DemoAccess(
        issuer_url=url,
        demo_secret=SecretStr("-"),
        referral_url=url,
        directory_url=url,
        notifications_url=url,
        reporting_url=url,
    )
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        bodies = await Poster(access, http).post_each(
            Member("pcn-manager", "U99001"),
            f"{url}/referrals/batch",
            [{"key": "new"}, {"key": "old"}],
        )

    assert bodies == [{"id": "1"}, {"id": "2", "already": True}]
