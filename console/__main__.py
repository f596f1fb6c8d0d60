"""``python -m console``: the console as a process, told everything by its environment."""

import sys

import uvicorn

from chassis import logs, telemetry
from chassis.settings import load
from console.app import make_app
from console.settings import ConsoleSettings


def main() -> None:
    """Serve until told to stop."""
    settings = load(ConsoleSettings)
    logs.set_up("console", settings.log_level)
    telemetry.set_up("console", settings.otlp_endpoint)
    uvicorn.run(
        make_app(settings),
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        loop="uvloop",
    )


if __name__ == "__main__":
    sys.exit(main())
