"""A page as assistive technology and a browser find it: headings, tables, labels, addresses."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img", "path"}
SUMMARIES = {"nhsuk-error-summary__heading", "nhsuk-notification-banner__title"}
ADDRESSES = {"href", "src", "action", "srcset", "poster", "data", "formaction"}


@dataclass
class Table:
    captions: int = 0
    headers_without_scope: int = 0
    rows: list[int] = field(default_factory=list)


@dataclass
class Page(HTMLParser):
    """Everything a check asks about."""

    headings: list[int] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    addresses: list[str] = field(default_factory=list)
    outward: dict[str, str] = field(default_factory=dict)
    """Links to pages of others, and what they tell a browser."""
    labelled: set[str] = field(default_factory=set)
    fields: list[dict[str, str]] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    landmarks: Counter[str] = field(default_factory=Counter)
    forms: list[dict[str, str]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)
    language: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, html: str) -> "Page":
        page = cls()
        page.feed(html)
        page.close()
        assert not page.open_tags, f"never closed: {page.open_tags}"
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open_tags.append(tag)
        self._note_attributes(tag, given)
        if tag == "html":
            self.language = given.get("lang", "")
        elif tag[0] == "h" and tag[1:].isdigit():
            # What is wrong, and that it was done, stand before all else, as their patterns want.
            if not SUMMARIES & set(given.get("class", "").split()):
                self.headings.append(int(tag[1:]))
        elif tag in {"main", "header", "footer", "nav"}:
            self.landmarks[tag] += 1
        self._note_table(tag, given)
        self._note_form(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open_tags.pop()

    def _note_table(self, tag: str, given: dict[str, str]) -> None:
        if tag == "table":
            self.tables.append(Table())
        elif tag == "caption":
            self.tables[-1].captions += 1
        elif tag == "tr":
            self.tables[-1].rows.append(0)
        elif tag in {"td", "th"}:
            self.tables[-1].rows[-1] += 1
            self.tables[-1].headers_without_scope += tag == "th" and "scope" not in given

    def _note_form(self, tag: str, given: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append({"": given.get("action", "")})
        elif tag == "label":
            self.labelled.add(given.get("for", ""))
        elif tag in {"input", "select", "textarea"}:
            self.fields.append(given)
            is_choice = given.get("type") in {"checkbox", "radio"}
            if "form" in self.open_tags and (not is_choice or "checked" in given):
                self.forms[-1][given.get("name", "")] = given.get("value", "")

    def _note_attributes(self, tag: str, given: dict[str, str]) -> None:
        if "id" in given:
            self.ids[given["id"]] += 1
        self.inline += [
            f"{tag} {name}" for name in given if name == "style" or name.startswith("on")
        ]
        if tag == "a" and given.get("href", "").startswith(("https://", "http://")):
            self.outward[given["href"]] = given.get("rel", "")
            return
        self.addresses += [given[name] for name in given if name in ADDRESSES]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags, f"</{tag}> closes nothing"
        opened = self.open_tags.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        if self.open_tags and self.open_tags[-1] == "title":
            self.title += data
        if data.strip():
            self.text.append(" ".join(data.split()))

    @property
    def words(self) -> str:
        return " ".join(self.text)

    def form_to(self, address: str, /, **fields: str) -> dict[str, str]:
        """The fields of the form that goes there and already holds these."""
        for form in self.forms:
            if form[""] == address and fields.items() <= form.items():
                return {name: value for name, value in form.items() if name}
        raise AssertionError(f"no form to {address} with {fields}; there are {self.forms}")


def check(html: str) -> Page:
    """What must hold of every page, in every state."""
    page = Page.of(html)
    assert page.language == "en-GB"
    assert page.title.strip() not in {"", "- Waymark"}
    assert page.headings.count(1) == 1, "one first heading"
    assert page.headings[0] == 1
    for before, after in zip(page.headings, page.headings[1:], strict=False):
        assert after <= before + 1, f"a heading of level {after} follows one of level {before}"
    for table in page.tables:
        assert table.captions == 1
        assert table.headers_without_scope == 0
        assert len(set(table.rows)) == 1, f"rows of different lengths: {table.rows}"
    assert not [name for name, times in page.ids.items() if times > 1], "ids are used twice"
    for one in page.fields:
        assert one.get("type") == "hidden" or one["id"] in page.labelled, f"no label: {one}"
    for address in page.addresses:
        assert address.startswith(("/", "#")) or address == "", f"leads elsewhere: {address}"
        assert not address.startswith("//"), f"leads elsewhere: {address}"
    for address, told in page.outward.items():
        assert told == "nofollow noopener noreferrer", f"tells more than it must: {address}"
    places = {address.removeprefix("#") for address in page.addresses if address.startswith("#")}
    assert places <= page.ids.keys() | {""}, f"leads nowhere: {places - page.ids.keys()}"
    assert not page.inline, f"would be refused by the content policy: {page.inline}"
    assert page.landmarks["main"] == page.landmarks["header"] == page.landmarks["footer"] == 1
    assert "undefined" not in page.words.lower()
    assert "None" not in page.words
    return page
