"""What workers say when they ask who could help, choose, or put a wrong role right."""

from typing import Literal, TypeAlias

from pydantic import Field

from contracts import codes
from services.referral.commands import Needs, Note, Timed

HelpingRole: TypeAlias = Literal[
    "link-worker", "care-navigator", "health-coach", "care-coordinator"
]


class NewTriage(Timed):
    """What the rules are to look at."""

    complexity: codes.Complexity = Field(description="How much comes together.")
    confidence: codes.Confidence = Field(
        description="How sure the person is of acting by themselves."
    )
    needs: Needs | None = Field(None, description="As you see them now; left out, as referred.")


class NewRole(Timed):
    """Who is to help."""

    role: HelpingRole
    reason: codes.RoleReason | None = Field(
        None, description="Why not the role that was proposed; needed only then."
    )
    note: Note | None = None


class NewReRoute(Timed):
    """Who is to help instead, and why the role was wrong."""

    to_role: HelpingRole
    reason: codes.ReRouteReason
    note: Note | None = Field(None, description="For the referrer, who reads it.")
