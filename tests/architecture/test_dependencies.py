"""Dependencies: what is not pinned, not explained or not used is found."""

import pytest

from tests.architecture.planting import found_in
from tools import dependencies

HASH = "    --hash=sha256:" + "0" * 64
FILES = {
    "requirements/run.in": "# why: elsewhere\nhttpx\nPyYAML  # read\n",
    "requirements/develop.in": "-r run.in\npytest\n",
    "requirements/run.txt": f"httpx==1.0 \\\n{HASH}\npyyaml==2.0 \\\n{HASH}\n",
    "requirements/develop.txt": f"httpx==1 \\\n{HASH}\npyyaml==2 \\\n{HASH}\npytest==3 \\\n{HASH}\n",
    "docs/explanation/dependencies.md": "| `httpx` | x |\n| `pyyaml` | y |\n| `pytest` | z |\n",
    "chassis/a.py": "import httpx\nimport yaml\nimport json\n",
    "tests/test_a.py": "import pytest\n",
}


def test_what_is_pinned_explained_and_used_is_no_finding(tmp_path):
    assert found_in(tmp_path, dependencies.findings, FILES) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("requirements/run.txt", f" \\\n{HASH}\npyyaml", "\npyyaml", "httpx==1.0 is not pinned"),
        ("requirements/run.txt", "httpx==1.0", "httpx>=1.0", "httpx>=1.0 is not pinned"),
        ("requirements/run.txt", "pyyaml==2.0", "other==2.0", "pyyaml is wanted but not pinned"),
        ("docs/explanation/dependencies.md", "| `httpx` | x |", "", "why httpx is here"),
        ("docs/explanation/dependencies.md", "| `pytest`", "| `attrs` | ? |\n| `pytest`", "attrs"),
        ("chassis/a.py", "import yaml", "", "nothing that runs imports pyyaml"),
        ("tests/test_a.py", "import pytest", "", "nothing imports pytest"),
        ("chassis/a.py", "import json", "import pytest", "imports pytest, which run.in"),
        ("tests/test_a.py", "import pytest", "import pytest, hypothesis", "imports hypothesis"),
    ],
)
def test_what_is_not_is_found(tmp_path, path, old, new, said):
    assert old in FILES[path]
    files = {**FILES, path: FILES[path].replace(old, new)}
    found = found_in(tmp_path, dependencies.findings, files)
    assert any(said in finding for finding in found), found


def test_a_lock_file_that_is_missing_is_found(tmp_path):
    files = {path: text for path, text in FILES.items() if path != "requirements/run.txt"}
    found = found_in(tmp_path, dependencies.findings, files)
    assert "requirements/run.txt is missing: lock requirements/run.in" in found
