"""The import rules of ``pyproject.toml``: a skeleton keeps them, and each planted fault breaks one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SKELETON = {
    **{
        f"{package}/__init__.py": ""
        for package in ("bench", "runner", "console", "demo", "chassis", "contracts", "services")
    },
    **{
        f"contracts/{owner}/__init__.py": "" for owner in ("referral", "directory", "notifications")
    },
    **{f"services/{name}/__init__.py": "" for name in ("a", "b")},
    **{
        f"services/{name}/{module}.py": ""
        for name in ("a", "b")
        for module in ("api", "consumers", "schedules", "views", "published", "projections")
    },
    **{f"services/{name}/domain.py": "import datetime" for name in ("a", "b")},
    **{f"services/{name}/store.py": f"from services.{name} import domain" for name in ("a", "b")},
    **{
        f"services/{name}/use_cases.py": f"from services.{name} import store" for name in ("a", "b")
    },
    "chassis/stream.py": "import aiokafka\nimport faststream\nimport opentelemetry",
    "chassis/web.py": "import fastapi\nimport httpx\nimport asyncpg\nimport pydantic",
    "console/pages.py": "",
    "console/forms.py": "",
}

FAULTS = {
    "Floors: processes, chassis, contracts; neighbours never meet": {
        "chassis/low.py": "from services.a import store"
    },
    "A service never imports another service": {
        "services/a/views.py": "from services.b import store"
    },
    "Inside a service, calls run from the doors to the domain": {
        "services/a/store.py": "from services.a import api"
    },
    "Doors never open the store themselves": {"services/a/api.py": "from services.a import store"},
    "The domain is plain Python": {"services/a/domain.py": "import pydantic"},
    "Only the doors know the web framework": {"services/a/store.py": "import fastapi"},
    "Contracts are data: pydantic and nothing else": {"contracts/far.py": "import httpx"},
    "The chassis carries any event and knows none but the register": {
        "chassis/knows.py": "import contracts.referral"
    },
    "One door to Kafka, one door to traces": {"services/a/store.py": "import aiokafka"},
    "No knots": {
        "console/pages.py": "from console import forms",
        "console/forms.py": "from console import pages",
    },
}


def broken(root: Path, files: dict[str, str]) -> set[str]:
    """The names of the rules that these files break."""
    for path, text in {**SKELETON, **files}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text + "\n")
    (root / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    answer = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(root), "PATH": "", "NO_COLOR": "1", "HOME": str(root)},
        check=False,
    )
    verdicts = re.findall(r"^(.*) (KEPT|BROKEN)", answer.stdout, re.MULTILINE)
    assert {name for name, _ in verdicts} == set(FAULTS), answer.stdout + answer.stderr
    return {name for name, verdict in verdicts if verdict == "BROKEN"}


def test_a_platform_that_keeps_the_rules_breaks_none(tmp_path):
    assert broken(tmp_path, {}) == set()


@pytest.mark.parametrize(("rule", "files"), FAULTS.items(), ids=FAULTS)
def test_each_rule_is_broken_by_the_fault_it_is_for(tmp_path, rule, files):
    assert rule in broken(tmp_path, files)


def test_a_service_may_not_grow_a_module_that_no_layer_names(tmp_path):
    found = broken(tmp_path, {"services/a/helpers.py": ""})
    assert found == {"Inside a service, calls run from the doors to the domain"}
