"""A practice that belongs to another network now: whoever it looks after follows, in batches.

Promise    A move is noted in the transaction that makes the register here say so, and goes on where
           it stood after any stop. Each person's open support is handed over once.
Price      Until their turn comes, a person's support stays where it is. Who has none stays on
           record in the network the practice left, and is entered anew when next referred.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from chassis import clock, outbox
from chassis.database import Connection
from chassis.ids import new_id
from contracts.register.v1 import PracticeRegistered
from services.referral.domain.handover import Handover
from services.referral.domain.timers import Timer
from services.referral.published import Moment
from services.referral.store import episodes as episode_store
from services.referral.store import handover as store
from services.referral.store import people, timers
from services.referral.use_cases.handover import asked_for, close_to_hand_over

TIMER: Final = "practice-move"
PEOPLE_OF_A_BATCH_MAX: Final = 25


async def note_practice_moves(
    connection: Connection, told: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    """Note the practices that these events, by type, send to another network than so far.

    It is asked before the register here says so.
    """
    practices = [data for kind, data in told if kind == PracticeRegistered.type]
    if not practices:
        return
    known = await store.known_pcns(connection, [data["practice_code"] for data in practices])
    for data in practices:
        practice, joined = data["practice_code"], data["pcn_code"]
        left = known.get(practice)
        known[practice] = joined
        if left is None or left == joined:
            continue
        move_id = new_id()
        await store.note_practice_move(connection, move_id, practice, left, joined)
        await timers.set(connection, kind=TIMER, about=move_id, pcn_code=left, due_at=clock.now())


async def practice_move_fell_due(connection: Connection, timer: Timer) -> None:
    """Hand the next few over, and come back for more."""
    move = await store.lock_practice_move(connection, timer.about)
    if move is None or move.status == "moved":
        return
    following = await store.next_people_of_practice(connection, move, limit=PEOPLE_OF_A_BATCH_MAX)
    for person_id in following:
        move.moved += await _follow(connection, move, person_id)
        move.after_person_id = person_id
    if len(following) < PEOPLE_OF_A_BATCH_MAX:
        move.status = "moved"
    else:
        await timers.set(
            connection, kind=TIMER, about=move.id, pcn_code=move.pcn_code, due_at=clock.now()
        )
    await store.go_on_with_practice_move(connection, move)


async def _follow(connection: Connection, move: store.PracticeMove, person_id: UUID) -> bool:
    """Hand one person's open support over, if they have any and are still the practice's."""
    found = await people.lock_people(connection, ids=[person_id], like=())
    person = next((one for one in found if one.id == person_id), None)
    if person is None or person.details.practice_code != move.practice_code or person.deceased:
        return False
    episode = (await episode_store.lock_open_episodes(connection, [person_id])).get(person_id)
    if episode is None:
        return False
    needs, urgency = await asked_for(connection, episode.id)
    now = clock.now()
    made = Handover(
        id=new_id(),
        pcn_code=move.pcn_code,
        practice_code=move.practice_code,
        to_pcn_code=move.to_pcn_code,
        to_practice_code=move.practice_code,
        person_id=episode.person_id,
        episode_id=episode.id,
        reason="practice-moved",
        needs=needs,
        urgency=urgency,
        move_id=move.id,
    )
    moment = Moment(max(now, episode.opened_at), now)
    _, told = await close_to_hand_over(connection, episode, made, moment)
    await outbox.record(connection, told)
    return True
