"""The examples in the interface description: a demonstration accepts each as it stands.

Synthetic throughout: the NHS number is of the range that is never issued, the mail host does not
exist, the telephone number is one of those kept for drama. What a batch is about is named by the
references that the demonstration's own seed gives one referral of each network, and its goal.
"""

from typing import Any, Final

PERSON: Final[dict[str, Any]] = {
    "given_name": "Ada",
    "family_name": "Example",
    "birth_date": "1951-04-12",
    "sex": "female",
    "nhs_number": "9999999018",
    "ethnicity_category": "A",
    "deprivation_decile": 3,
    "language": "en",
    "postcode": "ZZ1 1AA",
    "email": "ada.example@people.example.org",
    "phone": "07700 900123",
}
NEW_PERSON: Final[dict[str, Any]] = {
    "practice_code": "Y99001",
    **PERSON,
    "preferred_name": "Addie",
    "gender": "female",
    "interpreter_needed": False,
    "access_needs": ["large-print"],
    "preferred_channel": "phone",
    "contact_days": ["tuesday", "thursday"],
    "contact_from": "10:00",
    "contact_until": "16:30",
    "leave_no_message": True,
    "neutral_sender": True,
    "address_lines": ["1 Example Road", "Wayford"],
    "messages_consented": True,
    "safe_channel": "email",
}
PERSON_CHANGE: Final[dict[str, Any]] = {"language": "pl", "phone": "07700 900321"}
POSTCODES: Final[dict[str, Any]] = {
    "edition": "synthetic",
    "items": [{"postcode": "ZZ1 1AA", "deprivation_decile": 3}],
}
MERGE: Final[dict[str, Any]] = {"nhs_number": "9999999018", "reason": "duplicate-record"}
MERGE_UNDOING: Final[dict[str, Any]] = {}
DEATH: Final[dict[str, Any]] = {"died_on": "2026-01-31"}
DEATH_WITHDRAWING: Final[dict[str, Any]] = {}
SEARCH: Final[dict[str, Any]] = {"nhs_number": "9999999018"}
REFERRAL: Final[dict[str, Any]] = {
    "practice_code": "Y99001",
    "person": PERSON,
    "route": "general-practice",
    "needs": ["isolation", "money"],
    "urgency": "routine",
    "messages_consented": True,
    "safe_channel": "email",
    "note": "Lives alone since the spring and would like company.",
}
STATUS: Final[dict[str, Any]] = {"status": "accepted"}
CONTACT: Final[dict[str, Any]] = {
    "mode": "phone",
    "minutes": 35,
    "note": "Talked about what a good week would look like.",
}
GOAL: Final[dict[str, Any]] = {
    "need": "isolation",
    "description": "Go to the gardening group on Thursdays.",
    "target_date": "2030-06-30",
}
GOAL_UPDATE: Final[dict[str, Any]] = {
    "status": "progressing",
    "note": "Went for the first time.",
}
_SEEDED: Final = {"referrer_code": "Y99001", "referral_reference": "example-U99001"}
REFERRAL_BATCH: Final[dict[str, Any]] = {
    "origin": "live",
    "items": [{"key": "list-2026-03/line-1", **REFERRAL}],
}
STATUS_BATCH: Final[dict[str, Any]] = {
    "origin": "live",
    "items": [{"key": "step-1", **_SEEDED, **STATUS}],
}
CONTACT_BATCH: Final[dict[str, Any]] = {
    "origin": "live",
    "items": [{"key": "contact-1", **_SEEDED, **CONTACT}],
}
GOAL_BATCH: Final[dict[str, Any]] = {
    "origin": "live",
    "items": [{"key": "goal-1", **_SEEDED, **GOAL}],
}
GOAL_UPDATE_BATCH: Final[dict[str, Any]] = {
    "origin": "live",
    "items": [{"key": "update-1", **_SEEDED, "goal_reference": "goal-1", **GOAL_UPDATE}],
}
