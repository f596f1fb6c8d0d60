"""The address a process listens on, taken before anything else is begun.

Promise    Where it cannot be had, the process ends at once with one line that names the address
           and the settings it comes from: the web server's own words would not pass the logs.
Price      From now on the kernel holds callers back until the server accepts them, some tenths of
           a second later. Without listening, two processes could both think the port is theirs.
"""

import os
import socket
import sys
from typing import Final

from chassis.settings import EXIT_CODE_WRONG_SETTINGS, key_of

BACKLOG_MAX: Final = 2_048


def take_address(host: str, port: int) -> socket.socket:
    """Listen there; where that cannot be, say why and exit with 2."""
    listener: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        # A port in TIME_WAIT after a restart is free; one that somebody listens on is not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG_MAX)
    except OSError as fault:
        if listener is not None:
            listener.close()
        # An address that cannot be resolved has codes of its own, with words of its own.
        named = isinstance(fault, socket.gaierror)
        why = (fault.strerror if named else os.strerror(fault.errno or 0)) or type(fault).__name__
        keys = f"{key_of('http_host')}, {key_of('http_port')}"
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        sys.stderr.write(f"{keys}: cannot listen on {shown}: {why.lower()}\n")
        raise SystemExit(EXIT_CODE_WRONG_SETTINGS) from None
    return listener
