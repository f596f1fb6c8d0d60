"""Roles and reasons in plain words."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RoleWords:
    """What a role is called, does and sees in this console."""

    name: str
    does: str
    sees: str


ROLES: Final = {
    "referrer": RoleWords(
        "Referrer",
        "Asks for support for a person and hears what became of it.",
        "Groups and activities for a person.",
    ),
    "care-navigator": RoleWords(
        "Care navigator",
        "Helps people at the practice find their own way, and refers those who need more.",
        "Groups and activities for a person.",
    ),
    "link-worker": RoleWords(
        "Link worker",
        "Takes time with a person, finds out what matters to them, and connects them.",
        "Groups and activities for a person, how fresh each is, whom to ask, and ideas for what is lacking.",
    ),
    "health-coach": RoleWords(
        "Health and wellbeing coach",
        "Supports a person over several sessions to reach goals of their own.",
        "Groups and activities for a person, how fresh each is, whom to ask, and ideas for what is lacking.",
    ),
    "care-coordinator": RoleWords(
        "Care coordinator",
        "Brings together the care of people with long-term conditions or frailty.",
        "Groups and activities for a person, how fresh each is, whom to ask, and ideas for what is lacking.",
    ),
    "pcn-manager": RoleWords(
        "PCN manager",
        "Looks after the work of one Primary Care Network.",
        "The exact figures of their own network, its unmet need, ideas, and agreements that end.",
    ),
    "region-analyst": RoleWords(
        "Region analyst",
        "Compares networks and plans for the region.",
        "The region's figures and its unmet need, with small numbers protected. No person.",
    ),
    "operator": RoleWords(
        "Operator",
        "Keeps the platform running and puts right what could not be delivered.",
        "What flows, waits and failed. No person; contents only with a recorded reason.",
    ),
    "registrar": RoleWords(
        "Registrar",
        "Keeps the register of practices, networks and who works in which role.",
        "Groups and activities, how fresh each is, and what was agreed with whom.",
    ),
    "privacy-officer": RoleWords(
        "Privacy officer",
        "Reviews who opened what, and why.",
        "Groups and activities.",
    ),
    "provider": RoleWords(
        "Community group",
        "Offers activities and support that people can be connected to.",
        "Its own listings, and what it received and achieved.",
    ),
}


def role_name(role: str) -> str:
    """What a role is called; one nobody told us of is called by its code."""
    words = ROLES.get(role)
    return words.name if words else role
