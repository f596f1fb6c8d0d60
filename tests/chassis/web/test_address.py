"""An address that cannot be had ends the process with one line that a person can act on."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from chassis.web.address import take_address

pytestmark = pytest.mark.loopback

SETTINGS = {
    "MODE": "demo",
    "KAFKA": "127.0.0.1:1",
    "DATABASE_API_URL": "postgresql://127.0.0.1:1/none",
    "DATABASE_WORKER_URL": "postgresql://127.0.0.1:1/none",
    "ISSUER_URL": "http://127.0.0.1:1",
    "CLIENT_ID": "referral",
    "CLIENT_SECRET": "a-client-secret-of-tests",
    "MEMBER_KEY_SECRET": "a-member-key-secret-of-tests",
}


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_service_whose_port_is_taken_says_which_and_where_to_set_it(taken: int) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("WAYMARK_")}
    environ |= {f"WAYMARK_{name}": value for name, value in SETTINGS.items()}

    ended = subprocess.run(
        [sys.executable, "-m", "services.referral", "api"],
        env={**environ, "WAYMARK_HTTP_PORT": str(taken)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stderr == (
        "WAYMARK_HTTP_HOST, WAYMARK_HTTP_PORT: "
        f"cannot listen on 127.0.0.1:{taken}: address already in use\n"
    )
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("host", "shown"),
    [("203.0.113.7", "203.0.113.7:0: cannot assign"), ("2001:db8::7", "[2001:db8::7]:0: ")],
)
def test_an_address_that_is_not_this_machines_is_named(
    host: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        take_address(host, 0)

    assert ended.value.code == 2
    assert f"cannot listen on {shown}" in capsys.readouterr().err


def test_a_name_that_nobody_has_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        take_address("nobody.invalid", 8000)

    assert "cannot listen on nobody.invalid:8000: " in capsys.readouterr().err


def test_port_0_takes_a_free_one_that_nobody_else_gets() -> None:
    with take_address("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert port > 0
        with pytest.raises(SystemExit):
            take_address("127.0.0.1", port)
