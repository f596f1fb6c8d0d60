"""`./waymark` makes its environment once, whoever asks first, and then gets out of the way."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from runner.places import ROOT

RUNNER = "import sys; print('ran', *sys.argv[1:])\n"


pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("environment"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A clone that needs no packages; making its environment takes seconds, so there is one."""
    tmp_path = tmp_path_factory.mktemp("clone")
    shutil.copy(ROOT / "waymark", tmp_path / "waymark")
    (tmp_path / "runner").mkdir()
    shutil.copy(ROOT / "runner" / "environment.py", tmp_path / "runner" / "environment.py")
    (tmp_path / "runner" / "__init__.py").touch()
    (tmp_path / "runner" / "__main__.py").write_text(RUNNER)
    (tmp_path / "requirements").mkdir()
    for kind in ("run", "develop"):
        (tmp_path / "requirements" / f"{kind}.txt").write_text(f"# {kind}: nothing is needed\n")
    return tmp_path


def waymark(clone: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [clone / "waymark", *arguments],
        cwd="/",
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def test_two_commands_at_once_make_one_environment_and_the_next_needs_none(clone):
    first, second = waymark(clone, "up", "--x"), waymark(clone, "status")
    answers = [ended(first), ended(second)]
    assert [answer[:2] for answer in answers] == [(0, "ran up --x\n"), (0, "ran status\n")]
    made = [answer[2] for answer in answers if answer[2]]
    assert made == ["waymark: making .venv from requirements/run.txt (once)\n"]

    began = time.monotonic()
    # A Python that cannot run and a network that is not there: neither is asked for.
    code, out, err = ended(waymark(clone, "up", WAYMARK_PYTHON="/none", PIP_NO_INDEX="1"))
    seconds = time.monotonic() - began
    assert (code, out, err) == (0, "ran up\n", "")
    assert seconds < 2  # a bound for a busy machine; it is about 0.05 s

    (clone / "requirements" / "run.txt").write_text("# another list\n")
    code, out, err = ended(waymark(clone, "up"))
    assert (code, out) == (0, "ran up\n")
    assert "making .venv" in err

    code, out, err = ended(waymark(clone, "test", "-k", "a b"))
    assert (code, out) == (0, "ran test -k a b\n")
    assert "requirements/develop.txt" in err
    # What checks and tests can run everything.
    assert ended(waymark(clone, "up"))[2] == ""


def test_a_package_that_does_not_fit_its_hash_is_refused_and_not_remembered(clone):
    lock = clone / "requirements" / "run.txt"
    lock.write_text("nothing-of-that-name==1.0 --hash=sha256:" + "0" * 64 + "\n")
    for _ in range(2):
        code, out, err = ended(waymark(clone, "up", PIP_NO_INDEX="1"))
        assert (code, out) == (3, "")
        assert "waymark: the Python packages could not be installed" in err
        assert "  remedy: check network, proxy and disk" in err
    lock.write_text("# nothing\n")
    assert ended(waymark(clone, "up"))[:2] == (0, "ran up\n")


def test_without_a_python_one_line_says_what_to_install(clone, tmp_path):
    # The environment is out of date, so a Python is needed to make it anew.
    (clone / "requirements" / "run.txt").write_text("# run: something else is needed\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "cat", "sha256sum"):
        (tools / name).symlink_to(shutil.which(name))
    code, out, err = ended(waymark(clone, "up", PATH=str(tools)))
    assert (code, out) == (3, "")
    assert err == (
        "waymark: no Python 3.11 or newer was found\n"
        "  remedy: install one (apt-get install python3 python3-venv), or name one in"
        " WAYMARK_PYTHON\n"
    )
