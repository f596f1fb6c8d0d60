"""The catalogue of definitions: what each figure means, in one place and in plain words.

Promise    Every figure that leaves this service names one of these, with its version. A change of
           meaning is a new version, never an edit.
Price      A figure nobody has defined cannot be shown.
Not here   How a figure is drawn (``views``) and who may see it exactly (``api``).
"""

from dataclasses import dataclass
from typing import Final, Literal

DisclosureClass = Literal["count", "statistic"]
"""``count``: rounded and hidden when small. ``statistic``: withheld when it rests on few."""

Unit = Literal["referrals", "people", "episodes", "contacts", "goals", "messages", "working days"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a figure means."""

    id: str
    name: str
    plain_words: str
    inclusion_rule: str
    unit: Unit
    disclosure: DisclosureClass = "count"
    owner: str = "Reporting"
    version: int = 1


REFERRALS: Final = Definition(
    id="referrals",
    name="Referrals",
    plain_words=(
        "Requests for support that the network received. One person can be referred more than once."
    ),
    inclusion_rule=(
        "Every referral that happened in the period, whatever became of it. "
        "By need: a referral with two needs counts under both, so needs add up to more."
    ),
    unit="referrals",
)
PEOPLE_REFERRED: Final = Definition(
    id="people-referred",
    name="People referred",
    plain_words="Different people who were referred at least once.",
    inclusion_rule=(
        "Each person of a network once, if any referral of theirs happened in the period. "
        "Two records that were merged are one person, and two again when that is undone. "
        "Somebody known to two networks counts in both."
    ),
    unit="people",
)
EPISODES_OPEN: Final = Definition(
    id="episodes-open",
    name="Episodes of support open now",
    plain_words="Times of support that are going on now, or waiting to begin.",
    inclusion_rule=(
        "Episodes with at least one referral received or accepted, and not declined, returned or "
        "closed since. It is how things stand now, whatever period is asked for."
    ),
    unit="episodes",
)
CONTACTS: Final = Definition(
    id="contacts",
    name="Contacts",
    plain_words="Conversations between a worker and a person, by any means.",
    inclusion_rule=(
        "Every contact made that happened in the period, first or later. One that was corrected "
        "counts as it was, one that was voided not at all."
    ),
    unit="contacts",
    version=2,
)
CONTACTS_MISSED: Final = Definition(
    id="contacts-missed",
    name="Contacts missed",
    plain_words="Times when a contact had been agreed and the person was not there.",
    inclusion_rule=(
        "Every missed contact of the period, whatever the reason. Corrections count as with "
        "contacts."
    ),
    unit="contacts",
)
CONTACTS_ATTEMPTED: Final = Definition(
    id="contacts-attempted",
    name="Attempts to reach people",
    plain_words="Times when a worker tried to reach a person and did not.",
    inclusion_rule="Every attempt of the period. Corrections count as with contacts.",
    unit="contacts",
)
REFERRALS_CONTACTED: Final = Definition(
    id="referrals-contacted",
    name="Referrals followed by a contact",
    plain_words="Referrals after which a worker has spoken with the person.",
    inclusion_rule=(
        "Referrals that happened in the period and whose episode has at least one contact to "
        "date. Recent referrals have had less time, so do not compare them with older ones."
    ),
    unit="referrals",
)
GOALS_SET: Final = Definition(
    id="goals-set",
    name="Goals set",
    plain_words="Goals that people set for themselves with a worker.",
    inclusion_rule="Every goal set in the period.",
    unit="goals",
)
GOAL_UPDATES: Final = Definition(
    id="goal-updates",
    name="Goal updates",
    plain_words="Times when it was written down how a goal was going.",
    inclusion_rule="Every update of a goal in the period; one goal can have many.",
    unit="goals",
)
GOALS_MET: Final = Definition(
    id="goals-met",
    name="Goals met",
    plain_words="Goals that people reached.",
    inclusion_rule=("Updates in the period that made a goal met, less those that took it back."),
    unit="goals",
)
COHORT_OFFERED: Final = Definition(
    id="cohort-offered",
    name="People at risk offered support",
    plain_words=(
        "People whom a practice named because they are at risk, and who were offered support "
        "before anybody referred them: the size of its cohorts."
    ),
    inclusion_rule=(
        "Each person once for each cohort, by the day support was offered, whatever they answered. "
        "Two records that were merged are one person."
    ),
    unit="people",
)
_ANSWERED: Final = (
    "Of the people offered support in the period, as things stand now. Recent offers have had less "
    "time, so do not compare them with older ones."
)
COHORT_ACCEPTED: Final = Definition(
    id="cohort-accepted",
    name="Support accepted by people at risk",
    plain_words="People at risk who were offered support and wanted it.",
    inclusion_rule=_ANSWERED,
    unit="people",
)
COHORT_DECLINED: Final = Definition(
    id="cohort-declined",
    name="Support declined by people at risk",
    plain_words="People at risk who were offered support and did not want it.",
    inclusion_rule=_ANSWERED,
    unit="people",
)
COHORT_NOT_REACHED: Final = Definition(
    id="cohort-not-reached",
    name="People at risk not reached so far",
    plain_words="People at risk who were called in vain so far.",
    inclusion_rule=_ANSWERED,
    unit="people",
)
MESSAGES_SENT: Final = Definition(
    id="messages-sent",
    name="Messages sent",
    plain_words="Messages to referrers and to people that a mail server took over for delivery.",
    inclusion_rule="Every message sent in the period; not those held back or undeliverable.",
    unit="messages",
)
FIRST_CONTACT_WAIT_MEDIAN: Final = Definition(
    id="first-contact-wait-median",
    name="Wait for a first contact: half waited no longer than",
    plain_words=(
        "Of the people who had their first contact, half waited this many working days or fewer."
    ),
    inclusion_rule=(
        "Episodes whose first recorded contact happened in the period. Whole working days in "
        "England after the day the episode opened, up to and including the day of that contact. "
        "Where the first contact is voided, the next one recorded is the first. "
        "People still waiting are not in it."
    ),
    unit="working days",
    disclosure="statistic",
    version=2,
)
FIRST_CONTACT_WAIT_P90: Final = Definition(
    id="first-contact-wait-p90",
    name="Wait for a first contact: nine in ten waited no longer than",
    plain_words=(
        "Of the people who had their first contact, nine in ten waited this many working days or "
        "fewer."
    ),
    inclusion_rule=FIRST_CONTACT_WAIT_MEDIAN.inclusion_rule,
    unit="working days",
    disclosure="statistic",
    version=2,
)

CATALOGUE: Final = (
    REFERRALS,
    PEOPLE_REFERRED,
    EPISODES_OPEN,
    CONTACTS,
    CONTACTS_MISSED,
    CONTACTS_ATTEMPTED,
    REFERRALS_CONTACTED,
    GOALS_SET,
    GOAL_UPDATES,
    GOALS_MET,
    COHORT_OFFERED,
    COHORT_ACCEPTED,
    COHORT_DECLINED,
    COHORT_NOT_REACHED,
    MESSAGES_SENT,
    FIRST_CONTACT_WAIT_MEDIAN,
    FIRST_CONTACT_WAIT_P90,
)
