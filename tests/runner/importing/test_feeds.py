"""The verb that takes another directory in shows how far it came, and what stopped it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runner.importing.feeds import Progress, import_feed, is_partly_there
from runner.importing.sending import TRIES_MAX, LoadStopped

pytestmark = pytest.mark.loopback

RUN: dict[str, Any] = {
    "state": "reading", "listings": 100, "items_told": 250, "waiting": 100, "pages": 1,
}  # fmt: skip


@contextmanager
def _directory(
    runs: list[tuple[int, dict[str, Any]]], *, away: int = 0
) -> Iterator[tuple[str, list[Any], list[str]]]:
    """A directory that answers what a run has come to, one after the other.

    It is ``away`` for so many requests at first.
    """
    asked: list[Any] = []
    keys: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            keys.append(self.headers["idempotency-key"])
            if len(keys) <= away:
                self._answer(503, {})
                return
            asked.append((self.path, body))
            is_feed = self.path == "/feeds"
            self._answer(201, {"id": "f1"} if is_feed else {"run_id": "r1"})

        def do_GET(self) -> None:
            self._answer(*runs.pop(0))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked, keys
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_run_is_watched_to_its_end_through_moments_without_an_answer() -> None:
    applying = {**RUN, "state": "applying", "listings": 250, "waiting": 150}
    done = {**applying, "state": "done", "waiting": 0}
    seen: list[tuple[str, int, int]] = []
    runs = [(200, RUN), (503, {}), (200, applying), (200, done)]

    with _directory(runs) as (url, asked, _):
        run = import_feed(
            "https://county.example.org/oruk",
            service_url=url,
            token="t",
            on_progress=lambda now: seen.append((now.what, now.done, now.total)),
        )

    assert run == done
    assert asked == [
        ("/feeds", {"name": "county.example.org", "base_url": "https://county.example.org/oruk"}),
        ("/feeds/f1/runs", {"whole": False}),
    ]
    assert seen[:2] == [("listings read", 100, 250), ("listings applied", 100, 250)]


def test_a_feed_is_registered_once_by_a_directory_that_was_away_for_a_moment() -> None:
    with _directory([(200, {**RUN, "state": "done"})], away=3) as (url, asked, keys):
        import_feed("https://county.example.org", service_url=url, token="t")

    assert [path for path, _ in asked] == ["/feeds", "/feeds/f1/runs"]
    assert len(set(keys[:4])) == 1
    assert keys[4] != keys[3]


def test_a_directory_that_stays_away_is_told_so() -> None:
    with (
        _directory([], away=100) as (url, _, keys),
        pytest.raises(LoadStopped, match="the directory did not take it: 503"),
    ):
        import_feed("https://county.example.org", service_url=url, token="t")

    assert len(keys) == TRIES_MAX


def test_a_refusal_is_told_in_words() -> None:
    with (
        _directory([(404, {"type": "/problems/not-found", "detail": "Gone."})]) as (url, *_),
        pytest.raises(LoadStopped, match="the directory refused: 404 Gone"),
    ):
        import_feed("https://county.example.org", service_url=url, token="t")


def test_a_run_that_was_stopped_after_something_was_applied_is_there_in_part() -> None:
    nothing = {**RUN, "new": 0, "changed": 0, "withdrawn": 0}

    assert not is_partly_there(nothing)
    assert is_partly_there({**nothing, "withdrawn": 1})


def test_progress_never_tells_of_more_done_than_there_is() -> None:
    told = Progress({**RUN, "items_told": 3})

    assert (told.done, told.total) == (100, 100)
