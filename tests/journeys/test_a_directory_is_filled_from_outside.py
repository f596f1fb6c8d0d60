"""Another directory, places and populations come in through the commands, once, and say what they did."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.directory.feed_server import page_of, service
from tests.live import LivePlatform, VerbFailed

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
]

# A day long ago, so that no figure of today is drawn per head of it.
AS_OF = "2019-04-01"


@contextmanager
def a_county(contents: list[dict[str, Any]]) -> Iterator[str]:
    """A county's directory, which knows lists and nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.startswith("/oruk/services?")
            body = json.dumps(page_of(contents, 1, 100) if found else {}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/oruk"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _a_name() -> str:
    return "".join(chr(ord("a") + int(digit, 16)) for digit in uuid4().hex[:12]).title()


def _print(live: LivePlatform, *arguments: str) -> dict[str, Any]:
    return json.loads(live.verb("import", *arguments, "--json"))


def test_another_directory_comes_in_by_its_address_and_again_changes_nothing(
    live: LivePlatform,
) -> None:
    name = _a_name()
    term = {"taxonomy": f"{name} A to Z", "term": "V-1", "name": "Befriending", "description": "-"}
    group = {"id": name, "name": f"{name} (synthetic)", "description": "Neighbours."}
    contents = [
        service(1, id=f"{name}-1", name=f"{name} walk", organization=group),
        service(2, id=f"{name}-2", name=f"{name} visits", organization=group,
                attributes=[{"taxonomy_term": term}]),
        service(3, id=f"{name}-3", name="Broken", organization=group, url="javascript:alert(1)"),
    ]  # fmt: skip
    with a_county(contents) as url:
        told = live.verb("import", "feed", url, "--name", name)
        again = _print(live, "feed", url, "--name", name, "--whole")

    assert told.splitlines() == [
        "3 listings in 1 pages: 2 new, 0 changed, 0 the same, 1 refused",
        f"  {name}-3: /url: must begin with http:// or https://",
    ]
    assert (again["state"], again["new"], again["changed"], again["same"]) == ("done", 0, 0, 2)
    with live.client("directory", "registrar", region="QZZ") as http:
        found = http.get("/services", params={"search": name, "full": "true"}).json()["contents"]
        terms = http.get(f"/feeds/{again['feed_id']}/terms").json()["items"]
    shown = {one["name"]: one for one in found}
    assert set(shown) == {f"{name} walk", f"{name} visits"}
    assert "befriending" in str(shown[f"{name} visits"]["attributes"])
    assert [(one["term"], one["listings"], one["needs"]) for one in terms] == [
        ("V-1", 1, ["befriending"])
    ]


def test_what_we_serve_is_a_feed_that_we_read_without_changing_ourselves(
    live: LivePlatform,
) -> None:
    with live.client("directory", "registrar", region="QZZ") as http:
        listed = http.get("/services", params={"per_page": 1}).json()["total_items"]

    run = _print(live, "feed", live.url("directory"), "--name", "Ourselves")

    assert (run["state"], run["refused_listings"]) == ("done", [])
    assert (run["listings"], run["same"], run["new"], run["changed"]) == (listed, listed, 0, 0)


def test_a_feed_that_cannot_be_read_says_why_and_what_to_do(live: LivePlatform) -> None:
    for url, said in (
        ("nonsense", "must be a web address such as"),
        ("http://127.0.0.1:1/", "nothing of this run is here: The feed did not answer"),
    ):
        with pytest.raises(VerbFailed, match=said) as refused:
            live.verb("import", "feed", url, "--name", _a_name())
        assert "docs/how-to/import-a-directory-feed.md" in str(refused.value)


def test_places_come_in_from_a_file_and_can_be_searched_near(
    live: LivePlatform, tmp_path: Path
) -> None:
    name = _a_name()
    listed = tmp_path / "places.csv"
    listed.write_text(
        "kind,text,latitude,longitude,neighbourhood_code\n"
        f"place-name,{name},53.4822,-2.2391,E99000001\n",
        encoding="utf-8",
    )

    told = live.verb("import", "places", str(listed))
    again = _print(live, "places", str(listed))

    assert told.strip() == "1 places read: 1 are new or different now"
    assert (again["read"], again["changed"]) == (1, 0)
    with live.client("directory", "registrar", region="QZZ") as http:
        place = http.get("/places", params={"near": name}).json()
    assert (place["latitude"], place["neighbourhood_code"]) == (53.4822, "E99000001")


def test_populations_come_in_from_a_file_and_sums_that_do_not_hold_are_named(
    live: LivePlatform, tmp_path: Path
) -> None:
    listed = tmp_path / "populations.csv"
    rows = [
        "pcn_code,practice_code,as_of,counted_by,band,persons",
        f"U99001,,{AS_OF},everybody,,44000",
        f"U99001,,{AS_OF},sex,female,22400",
        f"U99001,,{AS_OF},sex,male,21600",
        f"U99001,Y99001,{AS_OF},everybody,,9100",
    ]
    listed.write_text("\n".join(rows) + "\n", encoding="utf-8")
    broken = tmp_path / "broken.csv"
    broken.write_text("\n".join(rows).replace("21600", "21601"), encoding="utf-8")

    live.verb("import", "populations", str(listed))
    again = live.verb("import", "populations", str(listed))

    assert again.strip() == "4 rows, 2 populations: 0 are new or different now"
    with live.client("directory", "registrar", region="QZZ") as http:
        page = http.get("/register/pcns/U99001/populations").json()
    assert AS_OF in str(page)
    with pytest.raises(VerbFailed, match=r"add up to 44,001\s+and not to 44,000"):
        live.verb("import", "populations", str(broken))


def test_the_directory_reads_its_topics_again_in_both_of_its_groups(live: LivePlatform) -> None:
    before = {(one["consumer"], one["stream"]): one["applied"] for one in live.flow("directory")}

    again = json.loads(live.verb("replay", "directory", "--json"))

    assert again["service"] == "directory"
    assert set(again["records"]) == {"directory", "directory-evidence"}
    assert all(records["referral.events.v1"] > 0 for records in again["records"].values())
    after = {(one["consumer"], one["stream"]): one["applied"] for one in live.flow("directory")}
    assert after == before
