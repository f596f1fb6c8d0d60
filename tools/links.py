"""No page leads nowhere: relative links and their anchors, in every Markdown file."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote

from tools.tree import Tree

_FENCE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_INLINE = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?(?P<target>[^)\s>]*)>?[^)]*\)")
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s+<?(?P<target>\S+?)>?(?:\s|$)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<text>.*?)[ \t#]*$", re.MULTILINE)
_HTML_ANCHOR = re.compile(r"<a\s+(?:id|name)=[\"']([^\"']+)")
_ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def findings(tree: Tree) -> Iterator[str]:
    """Each link that leads nowhere."""
    folders = {str(parent) for path in tree.paths for parent in PurePosixPath(path).parents}
    for page in tree.find(".md"):
        for target in _targets(tree.text(page)):
            fault = _fault(tree, folders, page, target)
            if fault:
                yield f"{page}: {target} {fault}"


def _targets(text: str) -> Iterator[str]:
    prose = _CODE.sub("``", _FENCE.sub("", text))
    for pattern in (_INLINE, _REFERENCE):
        for found in pattern.finditer(prose):
            yield found["target"]


def _fault(tree: Tree, folders: set[str], page: str, target: str) -> str | None:
    if _ELSEWHERE.match(target):
        return None
    path, _, anchor = unquote(target).partition("#")
    place = normpath(str(PurePosixPath(page).parent / path)) if path else page
    if place not in tree.paths:
        return None if place in folders and not anchor else "leads nowhere"
    if anchor and place.endswith(".md") and anchor not in anchors(tree.text(place)):
        return "names no heading there"
    return None


def anchors(text: str) -> set[str]:
    """The anchors a page has, named as GitHub names them."""
    without_code = _FENCE.sub("", text)
    seen = Counter[str]()
    found = set(_HTML_ANCHOR.findall(without_code))
    for heading in _HEADING.finditer(without_code):
        words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading["text"])
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found
