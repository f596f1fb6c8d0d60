"""Tokens are for demo members of roles that can be held, at the kind of place they are held at."""

import pytest

from demo.members import ROLE_KINDS
from runner.refusals import NotAllowed, Refusal
from runner.state import State
from runner.tokens import demo_access, member_for
from runner.vault import Vault


@pytest.mark.parametrize("role", [role for role in ROLE_KINDS if role != "provider"])
def test_every_role_has_a_member_in_the_demonstration_by_itself(role):
    member = member_for(role, {})
    assert member.role == role
    assert member.organisation_code in {"QZZ", "U99001", "Y99001"}


def test_a_member_is_held_where_it_was_asked_for():
    assert member_for("pcn-manager", {"pcn": "U99002"}).subject == "demo-pcn-manager-U99002"
    group = member_for("provider", {"organization": "0198c0de-0000-7000-8000-000000000001"})
    assert group.organisation_kind == "organization"
    council = member_for("referrer", {"organization": "901"})
    assert (council.organisation_kind, council.subject) == ("organization", "demo-referrer-901")
    assert member_for("referrer", {"practice": "Y99002"}).organisation_kind == "practice"


@pytest.mark.parametrize(
    ("role", "given"),
    [
        ("pcn-manager", {"practice": "Y99001"}),
        ("referrer", {"pcn": "U99001"}),
        ("provider", {}),
        ("referrer", {"practice": "901"}),
        ("referrer", {"organization": "Y99001"}),
        ("care-navigator", {"organization": "901"}),
        ("person", {}),
        ("king", {}),
        ("referrer", {"practice": "Y99001/../.."}),
    ],
)
def test_what_cannot_be_is_refused_with_what_could(role, given):
    with pytest.raises(Refusal) as refused:
        member_for(role, given)
    assert refused.value.remedy


def test_nobody_gets_the_token_of_a_service():
    with pytest.raises(NotAllowed):
        member_for("service", {})


def test_outside_demo_mode_there_are_no_tokens(tmp_path):
    with pytest.raises(NotAllowed):
        demo_access(State(mode="region"), Vault(tmp_path))
