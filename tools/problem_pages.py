"""Puts the problems of the chassis and of each service together into one page of reference.

``python -m tools.problem_pages`` writes ``docs/reference/problems.md``; a test compares.
"""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "reference" / "problems.md"
_OPENING: Final = """# Problems

Every fault is answered as `application/problem+json` (RFC 9457). The last part of `type` is a name
below, and each service serves the text under it at `GET /problems/<name>`. This page is put together
by `python -m tools.problem_pages` from `problems.md` beside the code that answers.
"""


def sources(root: Path = ROOT) -> list[Path]:
    """Give the texts, the chassis' first."""
    return [
        root / "chassis" / "web" / "problems.md",
        *sorted((root / "services").glob("*/problems.md")),
    ]


def page(root: Path = ROOT) -> str:
    """Give the whole page."""
    parts = [_OPENING]
    for source in sources(root):
        heading, _, rest = source.read_text(encoding="utf-8").partition("\n")
        sections = rest[rest.index("\n## ") :].strip().replace("\n## ", "\n### ")
        parts.append(f"#{heading}\n\n#{sections}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
