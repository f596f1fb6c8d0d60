"""A small server that takes batches as a service would, or refuses everything."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast

import pytest_socket


class Taking(ThreadingHTTPServer):
    """A service that takes what it is sent, or refuses everything."""

    def __init__(self, method: str) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.method = method
        self.taken: list[dict[str, Any]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def _take(self) -> None:
        service = cast("Taking", self.server)
        if self.command != service.method:
            self.send_error(501)
            return
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.taken.append(body)
        told = json.dumps({"changed": len(body["items"])}).encode()
        self.send_response(service.status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def running_taking(method: str) -> Iterator[Taking]:
    pytest_socket.enable_socket()
    server = Taking(method)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
