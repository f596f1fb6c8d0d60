"""The coded values that events may carry: one alias per vocabulary.

An open vocabulary names ``other`` as a member. A reader maps every member it
does not know to ``other``, so a vocabulary may grow without breaking anyone;
it never shrinks.
"""

from typing import Literal

Origin = Literal["live", "import", "seed"]

Route = Literal[
    "general-practice",
    "care-navigator",
    "self",
    "voluntary-sector",
    "council",
    "hospital",
    "other",
]
Urgency = Literal["routine", "soon", "urgent"]
Need = Literal[
    "mental-wellbeing",
    "isolation",
    "money",
    "long-term-condition",
    "housing",
    "practical-help",
    "caring",
    "bereavement",
    "work",
    "other",
]
ReferralStatus = Literal["received", "accepted", "declined", "returned", "closed"]
StatusReason = Literal[
    "not-wanted",
    "not-reached",
    "not-suitable",
    "outside-area",
    "duplicate",
    "withdrawn",
    "moved-away",
    "died",
    "support-complete",
    "other",
]
ContactMode = Literal[
    "phone",
    "video",
    "home-visit",
    "practice",
    "community",
    "accompanied",
    "text",
    "letter",
    "other",
]
GoalStatus = Literal["set", "progressing", "met", "changed", "dropped"]
AgeBand = Literal["0-17", "18-29", "30-44", "45-59", "60-74", "75+", "unknown"]
Sex = Literal["female", "male", "other", "unknown"]
EthnicityCategory = Literal[
    "A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "P", "R", "S", "Z", "other"
]
SafeChannel = Literal["email", "sms", "phone", "letter", "none", "other"]
Role = Literal[
    "referrer",
    "care-navigator",
    "link-worker",
    "health-coach",
    "care-coordinator",
    "pcn-manager",
    "region-analyst",
    "operator",
    "provider",
    "person",
    "registrar",
    "privacy-officer",
    "service",
    "other",
]
WorkerRole = Literal["link-worker", "health-coach", "care-coordinator", "care-navigator", "other"]
OrganisationKind = Literal["region", "pcn", "practice", "organization", "none"]
Channel = Literal["email", "other"]
RecipientKind = Literal["referrer", "person"]
SuppressionReason = Literal[
    "too-late",
    "no-consent",
    "no-safe-channel",
    "no-address",
    "not-live",
    "person-messages-off",
    "other",
]
FailureReason = Literal["address-refused", "mail-server-refused", "card-not-available", "other"]

Understanding = Literal["understood", "partly", "not-yet"]
Danger = Literal[
    "self-harm",
    "suicide",
    "abuse",
    "child-at-risk",
    "domestic-abuse",
    "neglect",
    "other",
]
Complexity = Literal["low", "medium", "high"]
Confidence = Literal["low", "some", "high"]
