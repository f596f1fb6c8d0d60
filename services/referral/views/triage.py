"""Who helps with a referral and how it came to that, for workers and, in short, for referrers."""

from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import PRACTICE_ROLES, Acting
from services.referral.domain.safety import better_route_words
from services.referral.domain.triage import reasons_of
from services.referral.store import triage as store
from services.referral.store.triage_rules import current_rules
from services.referral.views import audit, check_colleague

TRIAGES_SHOWN_MAX: Final = 20


async def view_triage(connection: Connection, acting: Acting, referral_id: UUID) -> dict[str, Any]:
    """Give what was proposed, chosen and put right.

    A practice sees who helps, and why its choice of role was wrong, not how that was weighed.
    """
    whose = await store.find_whose(connection, referral_id)
    if whose is None:
        raise NothingFound
    check_colleague(acting, whose)
    triages = await store.list_triages(connection, referral_id, limit=TRIAGES_SHOWN_MAX)
    choices = [dict(row) for row in await store.list_role_choices(connection, referral_id)]
    route = await store.find_better_route(connection, referral_id)
    if acting.caller.holds(*PRACTICE_ROLES):
        for one in choices:
            if one["step"] == "chosen":
                one["note"] = None  # among colleagues; only why a role was wrong is for referrers
    await audit(connection, acting, "referral.triage.read", [(f"referral/{referral_id}", whose)])
    return {
        "id": referral_id,
        "pcn_code": whose["pcn_code"],
        "role": choices[-1]["role"] if choices else None,
        "choices": choices,
        "triages": [
            {
                **{name: row[name] for name in dict(row) if name not in {"rules", "rule_words"}},
                "reasons": reasons_of(
                    row["rules"],
                    # The code before this one kept no words; it ran with the rules of today.
                    row["rule_words"] or current_rules().words_of(row["rules"]),
                ),
            }
            for row in triages
        ],
        "better_route": route,
        "better_route_words": better_route_words(route).strip() or None,
    }
