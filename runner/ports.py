"""Free loopback ports that stay free.

Not the kernel's own choice (`bind` to port 0): those lie in the range from which outgoing
connections take their source port. A client that keeps dialling a stopped broker there can
connect to *itself*, and then holds the port the broker wants back. So ports are taken from below
that range, starting at a place that follows from the state directory: the same clone gets the
same addresses again.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

from runner.places import fingerprint
from runner.refusals import Unusable

HOST = "127.0.0.1"
PORT_MIN = 20_000
PORT_MAX = 32_000
PORTS_PER_PLATFORM = 40


def is_free(port: int) -> bool:
    """Say whether a listener could take this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        # The servers set SO_REUSEADDR too: a port in TIME_WAIT after a stop is free for them.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
    return True


class PortFinder:
    """Hands out ports for one platform: the wanted one if it is free, else the next free one."""

    def __init__(self, state: Path, taken: frozenset[int] = frozenset()) -> None:
        blocks = (PORT_MAX - PORT_MIN) // PORTS_PER_PLATFORM
        first = PORT_MIN + int(fingerprint(state), 16) % blocks * PORTS_PER_PLATFORM
        self._candidates = self._from(first)
        self._taken = set(taken)

    @staticmethod
    def _from(first: int) -> Iterator[int]:
        yield from range(first, PORT_MAX)
        yield from range(PORT_MIN, first)

    def take(self, wanted: int | None = None) -> int:
        """A free port, `wanted` if possible."""
        if wanted and wanted not in self._taken and is_free(wanted):
            self._taken.add(wanted)
            return wanted
        for port in self._candidates:
            if port not in self._taken and is_free(port):
                self._taken.add(port)
                return port
        raise Unusable(
            f"no free port between {PORT_MIN} and {PORT_MAX} on {HOST}",
            "stop what holds them (ss -ltnp shows it), then run ./waymark up again",
        )
