"""``python -m console``: the console as a process, told everything by its environment."""

import contextlib
import sys

import uvicorn

from chassis import logs, telemetry
from chassis.settings import load
from chassis.web.address import take_address
from console.app import make_app
from console.settings import ConsoleSettings


def main() -> None:
    """Serve until told to stop."""
    settings = load(ConsoleSettings)
    listener = take_address(settings.http_host, settings.http_port)
    logs.set_up("console", settings.log_level)
    telemetry.set_up("console", settings.otlp_endpoint)
    config = uvicorn.Config(
        make_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        loop="uvloop",
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
