"""The verb that takes another directory in shows how far it came, and what stopped it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runner.importing.feeds import Progress, import_feed
from runner.importing.loading import LoadStopped

pytestmark = pytest.mark.loopback

RUN: dict[str, Any] = {
    "state": "reading", "listings": 100, "items_told": 250, "waiting": 100, "pages": 1,
}  # fmt: skip


@contextmanager
def _directory(runs: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[str, list[Any]]]:
    """A directory that answers what a run has come to, one after the other."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            asked.append((self.path, json.loads(self.rfile.read(length))))
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
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_run_is_watched_to_its_end_through_moments_without_an_answer() -> None:
    applying = {**RUN, "state": "applying", "listings": 250, "waiting": 150}
    done = {**applying, "state": "done", "waiting": 0}
    seen: list[tuple[str, int, int]] = []
    runs = [(200, RUN), (503, {}), (200, applying), (200, done)]

    with _directory(runs) as (url, asked):
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


def test_a_refusal_is_told_in_words() -> None:
    with (
        _directory([(404, {"type": "/problems/not-found", "detail": "Gone."})]) as (url, _),
        pytest.raises(LoadStopped, match="the directory refused"),
    ):
        import_feed("https://county.example.org", service_url=url, token="t")


def test_progress_never_tells_of_more_done_than_there_is() -> None:
    told = Progress({**RUN, "items_told": 3})

    assert (told.done, told.total) == (100, 100)
