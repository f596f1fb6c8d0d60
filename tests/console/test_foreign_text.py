"""What others wrote is text, turns nothing round, and leads to pages of the web alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.foreign_text import web_address, without_controls

DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    "text",
    [
        "https://allotment.example.org/",
        "http://allotment.example.org:8080/a?b=c#d",
        "HTTPS://ALLOTMENT.example.org",
    ],
)
def test_a_page_of_the_web_may_be_led_to(text: str) -> None:
    assert web_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "allotment.example.org",
        "//allotment.example.org",
        "/listings",
        "https://",
        "https:///path",
        "https://allotment.example.org:port/",
        "https://[half",
        "https://nhs.example.org@elsewhere.example.org/",
        "https:\\\\allotment.example.org",
        "https://allotment.example.org/ onclick=x",
        'https://allotment.example.org/"x',
        "ftp://allotment.example.org/",
        "file:///etc/passwd",
        "mailto:hello@example.org",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        " javascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "https://allotment.example.org/" + "a" * 2_000,
    ],
)
def test_anything_else_is_no_link(text: str) -> None:
    assert web_address(text) == ""


@given(st.text(max_size=60))
def test_whatever_is_linked_is_of_the_web(text: str) -> None:
    assert web_address(text) in {"", text}
    assert web_address(text).lower().startswith(("http://", "https://")) or not web_address(text)


@given(st.text(alphabet=st.characters() | st.sampled_from(DIRECTION), max_size=60))
def test_what_controls_the_layout_of_text_is_taken_out_and_nothing_is_put_in(text: str) -> None:
    shown = without_controls(text)

    assert not set(shown) & set(DIRECTION)
    assert shown == "".join(one for one in text if one in shown)
    assert without_controls(shown) == shown


def test_an_answer_keeps_its_shape_and_people_their_letters() -> None:
    answer = {
        "name": "Zo\u202eé\x00 شاي und Tee 👩\u200d👩\u200d👧",
        "lines": ["one\ntwo\tthree", 3, None, True],
        "deep": [{"text": "\u2066hidden\u2069"}],
    }

    assert without_controls(answer) == {
        "name": "Zoé شاي und Tee 👩\u200d👩\u200d👧",
        "lines": ["one\ntwo\tthree", 3, None, True],
        "deep": [{"text": "hidden"}],
    }
