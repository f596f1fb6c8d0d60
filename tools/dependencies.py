"""Every dependency is pinned by hash, explained in a sentence, and used.

Promise    What is installed is what was reviewed; what is there has a reason that
           somebody can read; what nobody imports goes.
Price      A new dependency is three lines: the ``.in`` file, the lock, the sentence.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from typing import Final

from tools.tree import SOURCE, Tree

RUN: Final = "requirements/run"
DEVELOP: Final = "requirements/develop"
EXPLAINED: Final = "docs/explanation/dependencies.md"

# Used without being imported by name, or only in a command line.
USED_OTHERWISE: Final = {
    "basedpyright": "the gate runs it",
    "codespell": "the gate runs it",
    "coverage": "measures the tests on request",
    "cramjam": "aiokafka compresses with it",
    "detect-secrets": "the gate runs it",
    "hatchling": "builds the distribution",
    "httptools": "uvicorn parses HTTP with it",
    "import-linter": "the gate runs it",
    "nhsuk-frontend-jinja": "the console loads its templates, not its modules",
    "opentelemetry-exporter-otlp-proto-http": "imported only where traces are sent",
    "pip-audit": "looks for known faults in what is pinned, on request",
    "psutil": "imported only where processes are measured",
    "pytest-asyncio": "a plugin",
    "pytest-socket": "a plugin",
    "pytest-timeout": "a plugin",
    "pytest-xdist": "a plugin",
    "python-multipart": "FastAPI reads forms with it",
    "ruff": "the gate runs it",
    "squawk-cli": "the gate runs it",
    "sniffio": "httpx looks for it in every lock",
    "uv": "locks the requirements",
    "uvloop": "imported only where it can be had",
}
# Whose modules belong to a direct dependency in all but name.
PART_OF: Final = {
    "starlette": "fastapi",
    "pydantic-core": "pydantic",
    "typing-extensions": "pydantic",
    "annotated-types": "pydantic",
    "anyio": "httpx",
    "opentelemetry-proto": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-semantic-conventions": "opentelemetry-sdk",
    "cryptography": "pyjwt",
    "markupsafe": "jinja2",
    "docker": "testcontainers",
    "referencing": "jsonschema",
    "click": "typer",
}


def findings(tree: Tree) -> Iterator[str]:
    """Each dependency without a hash, a reason or a use."""
    yield from _unhashed(tree)
    direct = {"run": _direct(tree, RUN), "develop": _direct(tree, DEVELOP)}
    yield from _unexplained(tree, direct["run"] | direct["develop"])
    yield from _unused(tree, direct)


def _unhashed(tree: Tree) -> Iterator[str]:
    for name in (RUN, DEVELOP):
        path = f"{name}.txt"
        if path not in tree.paths:
            yield f"{path} is missing: lock {name}.in"
            continue
        pinned = set[str]()
        for entry in re.split(r"\n(?=\S)", tree.text(path)):
            if entry.startswith("#") or not entry.strip():
                continue
            found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==\S+", entry)
            if found is None or "--hash=sha256:" not in entry:
                yield f"{path}: {entry.split()[0]} is not pinned by hash"
            else:
                pinned.add(_plain(found[1]))
        for wanted in sorted(_direct(tree, name) - pinned):
            yield f"{path}: {wanted} is wanted but not pinned: lock {name}.in again"


def _direct(tree: Tree, name: str) -> set[str]:
    """What one ``.in`` file asks for by itself."""
    path = f"{name}.in"
    lines = tree.text(path).splitlines() if path in tree.paths else []
    asked = [line.split("#")[0].strip() for line in lines]
    names = [re.match(r"[A-Za-z0-9._-]+", line) for line in asked if not line.startswith("-")]
    return {_plain(found[0]) for found in names if found}


def _unexplained(tree: Tree, direct: set[str]) -> Iterator[str]:
    text = tree.text(EXPLAINED) if EXPLAINED in tree.paths else ""
    explained = {_plain(name) for name in re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)}
    for name in sorted(direct - explained):
        yield f"{EXPLAINED}: does not say why {name} is here"
    for name in sorted(explained - direct):
        yield f"{EXPLAINED}: explains {name}, which nobody asks for"


def _unused(tree: Tree, direct: dict[str, set[str]]) -> Iterator[str]:
    homes = _Homes()
    imported: dict[str, set[str]] = {"run": set(), "develop": set()}
    first: dict[str, str] = {}
    for path, module in tree.python(*SOURCE, "tests"):
        kind = "develop" if path.startswith(("tests/", "tools/", "bench/")) else "run"
        for line, name in _modules(module):
            for plain in homes.of(name):
                imported[kind].add(plain)
                first.setdefault(f"{kind} {plain}", f"{path}:{line}")
    everything = direct["run"] | direct["develop"]
    for name in sorted(direct["run"] - imported["run"] - USED_OTHERWISE.keys()):
        yield f"{RUN}.in: nothing that runs imports {name}"
    for name in sorted(direct["develop"] - imported["run"] - imported["develop"]):
        if name not in USED_OTHERWISE and not name.startswith("types-") and "stubs" not in name:
            yield f"{DEVELOP}.in: nothing imports {name}"
    for kind, allowed in (("run", direct["run"]), ("develop", everything)):
        for name in sorted(imported[kind] - allowed):
            yield f"{first[f'{kind} {name}']}: imports {name}, which {kind}.in does not ask for"


class _Homes:
    """Which distribution a module comes from, also where several share the top name."""

    def __init__(self) -> None:
        self._by_name = metadata.packages_distributions()

    def of(self, module: str) -> set[str]:
        distributions = set(self._by_name.get(module.split(".", maxsplit=1)[0], ()))
        if len(distributions) > 1:
            distributions = {name for name in distributions if module in self._modules(name)}
        plain = {_plain(name) for name in distributions}
        return {PART_OF.get(name, name) for name in plain}

    @cache  # noqa: B019 - one object per run of the gate
    def _modules(self, distribution: str) -> frozenset[str]:
        files = metadata.files(distribution) or ()
        paths = [str(file.with_suffix("")) for file in files if file.suffix == ".py"]
        return frozenset(path.removesuffix("/__init__").replace("/", ".") for path in paths)


def _modules(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Everything imported that may be a module."""
    for node in ast.walk(module):
        match node:
            case ast.Import():
                for alias in node.names:
                    yield node.lineno, alias.name
            case ast.ImportFrom(module=name, level=0) if name:
                yield node.lineno, name
                for alias in node.names:
                    yield node.lineno, f"{name}.{alias.name}"
            case _:
                pass


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
