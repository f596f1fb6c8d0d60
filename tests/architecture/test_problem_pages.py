"""Every problem the code can answer is described, where people read and where machines link."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chassis.web.docs import problem_texts
from chassis.web.problems import BY_STATUS
from tools import problem_pages

ROOT = Path(__file__).parents[2]
SERVICES = ("referral", "directory", "notifications", "reporting")
_NAME = re.compile(r"[a-z]+(-[a-z]+)+|fault|unreadable|unavailable")


def _used(path: Path) -> Iterator[str]:
    """Give the names a module answers: beside a status, in ``Unavailable`` or of a domain refusal."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            constants = [one.value for one in node.args if isinstance(one, ast.Constant)]
            named = isinstance(node.func, ast.Name) and node.func.id == "Unavailable"
            if constants and isinstance(constants[0], int) and 400 <= constants[0] < 600:
                constants = constants[1:]
                named = True
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "__init__":
                named = True
            if (
                named
                and constants
                and isinstance(constants[0], str)
                and _NAME.fullmatch(constants[0])
            ):
                yield constants[0]
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if targets == ["name"] and "domain" in str(path):
                yield str(node.value.value)


def _texts_for(path: Path) -> dict[str, str]:
    parts = path.relative_to(ROOT).parts
    if parts[0] == "services":
        return problem_texts(parts[1])
    return problem_texts("chassis")


def test_each_problem_a_module_answers_is_described_by_its_process() -> None:
    modules = [*(ROOT / "chassis").rglob("*.py"), *(ROOT / "services").rglob("*.py")]
    found = [(module, name) for module in sorted(modules) for name in _used(module)]

    undescribed = [
        f"{module.relative_to(ROOT)}: {name}"
        for module, name in found
        if name not in _texts_for(module)
    ]

    assert len(found) > 20
    assert undescribed == []


def test_what_stands_for_a_bare_status_is_described() -> None:
    assert {name for name, _ in BY_STATUS.values()} <= set(problem_texts("chassis"))


def test_each_described_problem_is_answered_somewhere() -> None:
    modules = [*(ROOT / "chassis").rglob("*.py"), *(ROOT / "services").rglob("*.py")]
    text = "".join(module.read_text(encoding="utf-8") for module in modules)
    described = set[str]().union(*(problem_texts(service) for service in SERVICES))

    assert [name for name in sorted(described) if f'"{name}"' not in text] == []


def test_the_page_of_reference_is_up_to_date() -> None:
    assert problem_pages.PAGE.read_text(encoding="utf-8") == problem_pages.page()
