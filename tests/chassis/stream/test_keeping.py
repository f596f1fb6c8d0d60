"""Records that came before their turn are kept, within limits, and given up in order."""

from chassis.stream.events import event_of
from chassis.stream.keeping import Keeper
from chassis.stream.limits import StreamLimits
from tests.chassis.stream.test_decisions import a_record

KEY = ("trial", "U99001")


def a_keeper(**limits: int) -> Keeper:
    return Keeper(StreamLimits(**limits))


def test_what_continues_the_stream_is_given_up_in_order_and_what_lies_before_is_forgotten():
    keeper = a_keeper()
    kept = {number: a_record("U99001", number) for number in (3, 9, 5, 4, 6)}
    for record in kept.values():
        keeper.keep(record)
    assert keeper.take(KEY, 2, since=0) == []
    assert keeper.take(KEY, 4, since=0) == [kept[4], kept[5], kept[6]]
    assert keeper.records == 1
    assert keeper.take(KEY, 10, since=0) == []
    assert (keeper.records, keeper.bytes) == (0, 0)
    assert KEY not in keeper


def test_the_same_event_twice_is_kept_once():
    keeper, record = a_keeper(), a_record("U99001", 3)
    assert keeper.keep(record) == keeper.keep(record) == ()
    assert keeper.records == 1


def test_of_two_events_under_one_number_neither_is_kept():
    keeper, one, two = a_keeper(), a_record("U99001", 3), a_record("U99001", 3)
    keeper.keep(one)
    assert keeper.keep(two) == (one, two)
    assert keeper.records == 0


def test_what_was_there_before_the_journal_was_asked_is_not_given_up():
    keeper, before, after = a_keeper(), a_record("U99001", 4), a_record("U99001", 3)
    keeper.keep(before)
    asked_at = keeper.moment
    keeper.keep(after)
    assert keeper.take(KEY, 3, asked_at) == [after]
    assert keeper.take(KEY, 4, asked_at) == []
    assert keeper.records == 1


def test_what_the_journal_told_is_let_go_and_another_event_under_its_number_is_counted():
    keeper, mine, told = a_keeper(), a_record("U99001", 3), a_record("U99001", 4)
    keeper.keep(mine)
    keeper.keep(a_record("U99001", 4))
    keeper.keep(a_record("U99001", 6))
    assert keeper.settle([mine, told]) == 1
    assert keeper.records == 1


def test_what_is_kept_under_the_number_of_an_applied_event_is_let_go_and_given_if_it_is_another():
    keeper, mine, other = a_keeper(), a_record("U99001", 3), a_record("U99001", 4)
    keeper.keep(mine)
    keeper.keep(other)
    assert keeper.passed(event_of(mine, {})) is None
    assert keeper.passed(event_of(a_record("U99001", 4), {})) == other
    assert keeper.passed(event_of(a_record("U99001", 5), {})) is None
    assert keeper.records == 0


def test_what_claims_numbers_nobody_has_is_dropped_if_it_came_before_the_owner_was_asked():
    keeper = a_keeper()
    keeper.keep(a_record("U99001", 5))
    keeper.keep(a_record("U99001", 9))
    asked_at = keeper.moment
    keeper.keep(a_record("U99001", 10))
    assert keeper.drop_beyond(KEY, 5, asked_at) == 1
    assert keeper.records == 2
    assert keeper.drop_beyond(("trial", "U99009"), 0, asked_at) == 0


def test_what_exceeds_a_limit_is_let_go():
    in_stream, in_all = a_keeper(kept_in_stream_max=2), a_keeper(kept_records_max=3)
    in_bytes = a_keeper(kept_bytes_max=10_000)
    for number in range(2, 30):
        in_stream.keep(a_record("U99001", number))
        in_all.keep(a_record(f"U9900{number % 4}", number))
        in_bytes.keep(a_record("U99001", number))
    assert in_stream.records == 2
    assert in_all.records == 3
    assert in_bytes.bytes <= 10_000
    assert in_bytes.records == 4


def test_a_stream_that_is_dropped_leaves_the_others_alone():
    keeper, other = a_keeper(), a_record("U99002", 3)
    keeper.keep(a_record("U99001", 3))
    keeper.keep(other)
    assert keeper.drop(KEY) == 1
    assert keeper.keys() == [other.key]
