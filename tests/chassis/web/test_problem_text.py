"""A problem in one line: places and rules first, and never a reason to fail."""

import httpx
import pytest

from chassis.web.problem_text import LINE_LENGTH_MAX, answer_in_one_line, in_one_line


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (
            {
                "title": "Rule broken",
                "errors": [
                    {"in": "body", "pointer": "/needs", "rule": "is required"},
                    {"in": "body", "pointer": "/person/email", "rule": "must be text"},
                ],
            },
            "/needs: is required; /person/email: must be text",
        ),
        ({"title": "Goal ended", "detail": "This goal was met."}, "This goal was met."),
        ({"title": "Goal ended"}, "Goal ended"),
        ({"detail": "Two\nlines  and a\ttab"}, "Two lines and a tab"),
        ({"errors": "none of ours", "title": "Elsewhere"}, "Elsewhere"),
        ({"errors": ["none of ours"]}, "refused"),
        ([], "refused"),
        (None, "refused"),
    ],
)
def test_a_problem_is_told_in_one_line(problem: object, line: str) -> None:
    assert in_one_line(problem) == line


def test_a_line_ends_somewhere() -> None:
    assert len(in_one_line({"detail": "very " * 1_000})) == LINE_LENGTH_MAX


def test_an_answer_is_told_with_its_status_also_where_it_is_no_problem() -> None:
    of_ours = httpx.Response(409, json={"title": "Goal ended", "detail": "This goal was met."})
    of_a_proxy = httpx.Response(502, text="<h1>Bad gateway</h1>")

    assert answer_in_one_line(of_ours) == "409 This goal was met."
    assert answer_in_one_line(of_a_proxy) == "502 refused"
