"""Support offered to people of a cohort, and what each of them answered last."""

from chassis.stream import Event
from services.reporting.folds.hearing import AlreadyKnown, dates, moved, own_stream
from services.reporting.rows import WAITING, MemberKey, Rows, Standing


def support_offered(rows: Rows, event: Event) -> None:
    """Somebody of a cohort is offered support and has not answered yet."""
    stream, data = own_stream(event)
    member: MemberKey = (stream, data["cohort_id"], data["person_id"])
    if member in rows.cohort_members:
        raise AlreadyKnown
    happened_on, _ = dates(event)
    columns = (*member, data["practice_code"], happened_on, event.number)
    rows.cohort_members[member] = (columns, Standing(WAITING, None, event.aggregate_version))


def support_answered(rows: Rows, event: Event) -> None:
    """They accepted, declined, or were called in vain; the last answer stands."""
    stream, data = own_stream(event)
    member: MemberKey = (stream, data["cohort_id"], data["person_id"])
    made = rows.cohort_members.get(member)
    standing = made[1] if made else rows.cohort_member_changes.get(member)
    stands = moved(standing, event, data["answer"], None)
    if made is None:
        rows.cohort_member_changes[member] = stands
