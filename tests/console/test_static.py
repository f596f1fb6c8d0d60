"""The files a browser gets: all of them ours to serve, none of them leading elsewhere."""

import re

from console.app import STATIC
from console.templating import COMPONENTS, Pages

NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_no_file_leads_elsewhere() -> None:
    files = [file for file in STATIC.rglob("*") if file.suffix in {".css", ".js", ".svg"}]
    assert len(files) >= 5
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[^\s\"')<>]+", text)) <= NAMESPACES, file
        assert "@font-face" not in text
        assert "sourceMappingURL" not in text


def test_every_image_a_style_names_is_there() -> None:
    for file in STATIC.rglob("*.css"):
        for address in re.findall(r"url\(([^)]+)\)", file.read_text(encoding="utf-8")):
            if not address.startswith(("data:", '"data:')):
                assert (file.parent / address).is_file(), address


def test_the_licence_stands_beside_what_was_taken() -> None:
    assert "MIT License" in (STATIC / "nhsuk" / "LICENSE").read_text(encoding="utf-8")


def test_every_component_can_be_drawn() -> None:
    environment = Pages(release="1", demo=True)._pages
    for name in COMPONENTS:
        assert "nhsuk-" in environment.globals[name](
            {"text": "Words", "href": "/", "id": "x", "name": "x", "items": [], "rows": []}
        )
