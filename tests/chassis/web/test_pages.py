"""Pages walk a list once, and a cursor opens nothing but the list it was given for."""

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.web.pages import PAGE_SIZE_MAX, Cursors, ForeignCursor

CURSORS = Cursors("a secret of tests")


async def test_following_next_meets_every_item_once(http: httpx.AsyncClient) -> None:
    seen: list[int] = []
    path = "/pages?limit=99"
    while path:
        answer = (await http.get(path)).json()
        seen += answer["items"]
        path = f"/pages?limit=99&cursor={answer['next']}" if answer["next"] else ""

    assert seen == list(range(1, 251))


@pytest.mark.parametrize("limit", ["0", "-1", str(PAGE_SIZE_MAX + 1), "many"])
async def test_a_page_has_a_bound(http: httpx.AsyncClient, limit: str) -> None:
    assert (await http.get(f"/pages?limit={limit}")).status_code == 422


async def test_a_cursor_is_good_for_its_own_filters_only(http: httpx.AsyncClient) -> None:
    cursor = (await http.get("/pages?limit=2&pcn=U99001")).json()["next"]

    assert (await http.get(f"/pages?limit=5&pcn=U99001&cursor={cursor}")).status_code == 200
    assert (await http.get(f"/pages?limit=2&pcn=U99002&cursor={cursor}")).status_code == 422


@settings(deadline=None)
@given(key=st.lists(st.none() | st.integers() | st.text(), max_size=4).map(tuple))
def test_a_cursor_gives_back_its_key_to_the_caller_it_was_given_to(
    key: tuple[str | int | None, ...],
) -> None:
    cursor = CURSORS.write(key, bound_to="mine")

    assert CURSORS.read(cursor, bound_to="mine") == key
    with pytest.raises(ForeignCursor):
        CURSORS.read(cursor, bound_to="theirs")
    with pytest.raises(ForeignCursor):
        Cursors("another deployment").read(cursor, bound_to="mine")


@settings(deadline=None)
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_no_made_up_cursor_is_read(cursor: str) -> None:
    with pytest.raises(ForeignCursor):
        CURSORS.read(cursor, bound_to="mine")


async def test_a_changed_cursor_is_refused_without_being_repeated(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    cursor = (await http.get("/pages")).json()["next"]
    changed = ("B" if cursor[0] == "A" else "A") + cursor[1:]

    answer = await http.get(f"/pages?cursor={changed}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "query"
    assert changed not in answer.text
