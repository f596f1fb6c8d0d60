"""A change names the version it changes, or is not made."""

import httpx
import pytest

from chassis.web.etags import etag


@pytest.mark.parametrize(
    ("if_match", "status", "name"),
    [
        (None, 428, "version-required"),
        ('"2"', 412, "version-outdated"),
        ('"4"', 412, "version-outdated"),
        ("3", 412, "version-outdated"),
        ("*", 412, "version-outdated"),
        ('W/"3"', 412, "version-outdated"),
        ('"3", "4"', 412, "version-outdated"),
        ('"٣"', 412, "version-outdated"),
    ],
)
async def test_a_change_without_the_current_version_is_refused(
    if_match: str | None, status: int, name: str, http: httpx.AsyncClient
) -> None:
    headers = {} if if_match is None else {"If-Match": if_match.encode()}
    answer = await http.put("/notes/1", headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}")


async def test_a_change_of_the_current_version_is_made(http: httpx.AsyncClient) -> None:
    assert (await http.put("/notes/1", headers={"If-Match": etag(3)})).status_code == 200
