"""The records: what they promise, on both databases and when many ask at once."""

from __future__ import annotations

import json
import random
import sqlite3
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scheduler.domain import GRID, Slot
from scheduler.errors import (
    AlreadyClosed,
    RecordsUnavailable,
    SlotTaken,
    UnknownAppointment,
    UnknownHandover,
    UnknownStaff,
    WrongStatus,
)
from scheduler.records import Booking, Records, database, migrate, staff
from scheduler.records.audit import event_hash
from scheduler.records.bookings import grid_steps, ticket_letters
from scheduler.records.tables import AuditEvent, Base

MONDAY = datetime(2026, 3, 2)
WORDS = "胸口疼 crushing \x00 \ud800 🫀 '; DROP TABLE handover; --"


def slot(
    at: str = "09:00", minutes: int = 20, *, who: str = "dr-li", department: str = "cardiology"
) -> Slot:
    """A visit on Monday."""
    hour, minute = map(int, at.split(":"))
    start = MONDAY + timedelta(hours=hour, minutes=minute)
    end = start + timedelta(minutes=minutes)
    return Slot(start=start, end=end, practitioner=who, department=department, location="room-1")


def book(records: Records, wanted: Slot) -> Booking:
    """Book as the kiosk does."""
    return records.book(wanted, language="zh", actor="kiosk-1")


def hand_over(
    records: Records, acuity: int, reason: str = "unsure", instead_of: str | None = None
) -> str:
    """Hand a case over as the kiosk does."""
    return records.hand_over(
        reason=reason,
        acuity=acuity,
        language="zh",
        details={"words": WORDS},
        actor="kiosk-1",
        instead_of=instead_of,
    )


def run(engine: Engine, *statements: str) -> None:
    """Do something to the tables behind the program's back."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


# --- booking ------------------------------------------------------------------------------------


def test_a_booking_holds_what_was_promised(records: Records) -> None:
    booking = book(records, slot("09:00"))
    assert booking.slot == slot("09:00")
    assert booking.status == "booked"
    assert booking.ticket == "CAR-001"
    assert booking.people_ahead == 0
    (commitment,) = records.commitments(MONDAY, MONDAY + timedelta(days=1))
    assert (commitment.start, commitment.end) == (booking.slot.start, booking.slot.end)
    assert commitment.practitioner == "dr-li"


def test_commitments_are_those_that_share_any_moment(records: Records) -> None:
    book(records, slot("09:00", 20))
    at = {minute: MONDAY + timedelta(hours=9, minutes=minute) for minute in (0, 10, 20, 30)}
    assert len(records.commitments(at[10], at[20])) == 1
    assert records.commitments(at[20], at[30]) == ()
    assert records.commitments(MONDAY, at[0]) == ()


@pytest.mark.parametrize("other", [slot("09:00"), slot("09:10"), slot("08:50"), slot("09:15", 1)])
def test_overlapping_visits_to_one_practitioner_are_refused(records: Records, other: Slot) -> None:
    book(records, slot("09:00", 20))
    with pytest.raises(SlotTaken, match="dr-li is not free 2026-03-02"):
        book(records, other)
    assert len(records.commitments(MONDAY, MONDAY + timedelta(days=1))) == 1
    assert records.verify_audit().events == 1


@pytest.mark.parametrize("other", [slot("09:20"), slot("08:40"), slot("09:00", who="dr-wang")])
def test_visits_that_share_no_moment_are_both_booked(records: Records, other: Slot) -> None:
    tickets = {book(records, slot("09:00", 20)).ticket, book(records, other).ticket}
    assert tickets == {"CAR-001", "CAR-002"}


def test_the_database_itself_refuses_a_double_booking(records: Records, intruder: Engine) -> None:
    book(records, slot("09:00"))
    again = "INSERT INTO appointment_time SELECT practitioner, moment, appointment_id"
    with pytest.raises(IntegrityError):
        run(intruder, f"{again} FROM appointment_time")


def test_only_taken_time_is_reported_as_taken(records: Records, intruder: Engine) -> None:
    book(records, slot("09:00"))
    run(intruder, "UPDATE appointment SET ticket = 'CAR-002'")  # the one that comes next
    with pytest.raises(RecordsUnavailable):
        book(records, slot("10:00"))
    assert records.verify_audit().events == 1


def test_a_visit_off_the_grid_holds_every_step_that_it_touches() -> None:
    assert grid_steps(slot("09:05", 10)) == [slot("09:00").start, slot("09:10").start]
    assert grid_steps(slot("09:00", 20)) == [slot("09:00").start, slot("09:10").start]


def test_a_time_with_a_zone_is_a_mistake(records: Records) -> None:
    start = MONDAY.replace(tzinfo=UTC)
    with pytest.raises(TypeError):
        book(records, slot().model_copy(update={"start": start, "end": start + GRID}))
    assert records.verify_audit().events == 0


def test_cancelled_time_can_be_booked_again(records: Records) -> None:
    first = book(records, slot("09:00"))
    records.cancel(first.id, actor="kiosk-1")
    assert records.commitments(MONDAY, MONDAY + timedelta(days=1)) == ()
    second = book(records, slot("09:00"))
    assert (first.ticket, second.ticket) == ("CAR-001", "CAR-002")


def test_cancelling_twice_is_recorded_once_and_frees_nobody_elses_time(records: Records) -> None:
    first = book(records, slot("09:00"))
    records.cancel(first.id, actor="kiosk-1")
    book(records, slot("09:00"))
    records.cancel(first.id, actor="kiosk-1")
    assert len(records.commitments(MONDAY, MONDAY + timedelta(days=1))) == 1
    assert records.verify_audit().events == 3


def test_an_unknown_appointment_is_said_to_be_unknown(records: Records) -> None:
    with pytest.raises(UnknownAppointment):
        records.cancel("nobody", actor="kiosk-1")
    with pytest.raises(UnknownAppointment):
        records.people_ahead("nobody")
    assert records.verify_audit().events == 0


def test_people_ahead_are_those_who_still_wait_for_the_same_doctor(
    records: Records, intruder: Engine
) -> None:
    earlier = [book(records, slot(at)) for at in ("08:00", "08:20", "08:40", "09:00")]
    book(records, slot("08:00", who="dr-wang"))
    book(records, slot("11:40"))
    mine = book(records, slot("10:00"))
    assert mine.people_ahead == 4
    records.cancel(earlier[0].id, actor="kiosk-1")
    run(intruder, f"UPDATE appointment SET status = 'fulfilled' WHERE id = '{earlier[1].id}'")
    run(intruder, f"UPDATE appointment SET status = 'noshow' WHERE id = '{earlier[2].id}'")
    run(intruder, f"UPDATE appointment SET status = 'arrived' WHERE id = '{earlier[3].id}'")
    assert records.people_ahead(mine.id) == 1
    assert book(records, slot("14:00")).people_ahead == 0


@pytest.mark.parametrize(
    ("department", "letters"),
    [
        ("cardiology", "CAR"),
        ("ent", "ENT"),
        ("general_surgery", "GS"),
        ("traditional_chinese_medicine", "TCM"),
        ("心内科", "心内科"),
        ("_", "X"),
    ],
)
def test_a_ticket_begins_with_letters_of_its_department(department: str, letters: str) -> None:
    assert ticket_letters(department) == letters


def test_tickets_count_by_their_letters_and_start_again_each_day(records: Records) -> None:
    tickets = [
        book(records, slot(at, department=department)).ticket
        for at, department in [("09:00", "gastro"), ("10:00", "ent"), ("11:00", "gastro")]
    ]
    assert tickets == ["GAS-001", "ENT-001", "GAS-002"]
    # They share their letters with the next department, so they share its numbers too.
    assert book(records, slot("12:00", department="gas_as_such")).ticket == "GAS-003"
    tuesday = slot("09:00", department="gastro").model_copy(
        update={"start": MONDAY + timedelta(days=1), "end": MONDAY + timedelta(days=1) + GRID}
    )
    assert book(records, tuesday).ticket == "GAS-001"


T = TypeVar("T")


def race(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Start all jobs at the same moment, each in its own thread."""
    start = Barrier(len(jobs))

    def job(one: Callable[[], T]) -> T:
        start.wait(timeout=10)
        return one()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(job, jobs))


def test_twenty_who_race_for_five_slots_get_five(address: str, records: Records) -> None:
    wanted = [slot(at) for at in ("09:00", "09:20", "09:40", "10:00", "10:20")]

    def any_of_them(desk: Records, order: Sequence[Slot]) -> Booking | None:
        for one in order:
            try:
                return book(desk, one)
            except SlotTaken:
                continue
        return None

    with Records.open(address) as elsewhere:
        desks = [records, elsewhere] * 10
        orders = [random.Random(seed).sample(wanted, 5) for seed in range(20)]
        outcomes = race([partial(any_of_them, *pair) for pair in zip(desks, orders, strict=True)])
    booked = [outcome for outcome in outcomes if outcome]
    assert sorted(booking.slot.start for booking in booked) == [one.start for one in wanted]
    assert len({booking.ticket for booking in booked}) == 5
    report = records.verify_audit()
    assert (report.ok, report.events) == (True, 5)


STEP = st.integers(min_value=0, max_value=8)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(visits=st.lists(st.tuples(STEP, st.integers(1, 3), st.booleans()), max_size=8))
def test_a_visit_is_booked_exactly_if_all_of_its_time_is_free(
    records: Records, visits: list[tuple[int, int, bool]]
) -> None:
    who, taken = f"dr-{uuid4()}", set[int]()
    for first, length, cancels in visits:
        steps = set(range(first, first + length))
        wanted = slot(f"09:{first}0" if first < 6 else f"10:{first - 6}0", length * 10, who=who)
        try:
            booking = book(records, wanted)
        except SlotTaken:
            assert steps & taken
            continue
        assert not steps & taken
        if cancels:
            records.cancel(booking.id, actor="kiosk-1")
        else:
            taken |= steps


@pytest.mark.parametrize(
    ("path", "free"),
    [
        (["arrived", "checked-in", "fulfilled"], False),
        (["checked-in"], False),
        (["noshow"], True),
        (["arrived", "cancelled"], True),
    ],
)
def test_an_appointment_takes_its_course(records: Records, path: list[str], free: bool) -> None:
    booking = book(records, slot())
    for status in path:
        records.move_on(booking.id, status, actor="nurse-4")  # type: ignore[arg-type]
    (now,) = records.appointments(MONDAY.date())
    assert now.status == path[-1]
    assert (records.commitments(MONDAY, MONDAY + timedelta(days=1)) == ()) is free
    if free:
        book(records, slot())
    assert records.verify_audit().ok


@pytest.mark.parametrize(
    "path", [["fulfilled"], ["noshow", "arrived"], ["checked-in", "noshow"], ["booked"]]
)
def test_an_appointment_takes_no_other_course(records: Records, path: list[str]) -> None:
    booking = book(records, slot())
    *allowed, refused = path
    for status in allowed:
        records.move_on(booking.id, status, actor="nurse-4")  # type: ignore[arg-type]
    with pytest.raises(WrongStatus, match=refused):
        records.move_on(booking.id, refused, actor="nurse-4")  # type: ignore[arg-type]


def test_a_days_appointments_are_told_in_the_order_of_their_times(records: Records) -> None:
    later, sooner = book(records, slot("10:00")), book(records, slot("09:00"))
    tomorrow = slot("09:00", who="dr-wang").model_copy(
        update={
            "start": MONDAY + timedelta(days=1, hours=9),
            "end": MONDAY + timedelta(days=1, hours=9, minutes=20),
        }
    )
    book(records, tomorrow)
    assert [each.id for each in records.appointments(MONDAY.date())] == [sooner.id, later.id]
    assert records.appointments(MONDAY.date())[0].slot == sooner.slot


# --- cases for a person -------------------------------------------------------------------------


def test_the_desk_sees_the_most_urgent_case_first_then_the_oldest(records: Records) -> None:
    ids = [hand_over(records, acuity) for acuity in (3, 1, 3, 2)]
    cards = records.handovers()
    assert [card.id for card in cards] == [ids[1], ids[3], ids[0], ids[2]]
    assert [card.acuity for card in cards] == [1, 2, 3, 3]
    assert cards[0].details == {"words": WORDS}
    assert cards[0].at.utcoffset() == timedelta(0)


def test_a_closed_case_leaves_the_desk_with_the_first_note(records: Records) -> None:
    done, waits = hand_over(records, 2), hand_over(records, 3)
    outcome = {"department": "cardiology", "reason": "department"}
    records.close_handover(done, actor="nurse-4", note="sent to cardiology", outcome=outcome)
    with pytest.raises(AlreadyClosed, match="nurse-4"):
        records.close_handover(done, actor="nurse-5", note="too late")
    assert [card.id for card in records.handovers()] == [waits]
    (closed,) = records.handovers("closed")
    assert (closed.note, closed.outcome, closed.closed_by) == (
        "sent to cardiology",
        outcome,
        "nurse-4",
    )
    assert closed.closed_at
    assert records.handover(done) == closed
    assert records.verify_audit().events == 3


def test_a_card_that_is_open_is_changed_and_never_less_urgent(records: Records) -> None:
    first = hand_over(records, 2)
    (before,) = records.handovers()
    assert hand_over(records, 4, "full", instead_of=first) == first
    (card,) = records.handovers()
    assert (card.id, card.at, card.reason, card.acuity) == (first, before.at, "full", 2)
    assert hand_over(records, 1, instead_of=first) == first
    assert [card.acuity for card in records.handovers()] == [1]
    assert records.verify_audit().ok


def test_a_card_that_is_closed_or_unknown_is_not_changed(records: Records) -> None:
    first = hand_over(records, 2)
    records.close_handover(first, actor="nurse-4", note="seen")
    others = [hand_over(records, 3, instead_of=name) for name in (first, "nobody")]
    assert first not in others
    assert [card.id for card in records.handovers()] == others
    assert [card.note for card in records.handovers("closed")] == ["seen"]


def test_an_unknown_case_is_said_to_be_unknown(records: Records) -> None:
    with pytest.raises(UnknownHandover):
        records.close_handover("nobody", actor="nurse-4", note="")


def test_an_urgency_that_does_not_exist_is_refused(records: Records) -> None:
    with pytest.raises(ValueError, match="acuity"):
        hand_over(records, 6)
    assert records.handovers() == ()


def test_the_patients_words_stay_out_of_the_trail_and_of_what_is_printed(
    records: Records, intruder: Engine
) -> None:
    hand_over(records, 2)
    with intruder.connect() as connection:
        trail = json.dumps([list(row) for row in connection.execute(text(TRAIL))], default=str)
    assert "hand_over" in trail
    assert "crushing" not in trail
    assert "crushing" not in repr(records.handovers())


def test_the_patients_words_stay_out_of_errors(records: Records, intruder: Engine) -> None:
    run(intruder, "DROP TABLE handover")
    with pytest.raises(RecordsUnavailable) as caught:
        hand_over(records, 2)
    assert "crushing" not in "".join(traceback.format_exception(caught.value))
    assert records.verify_audit().events == 0


TRAIL = "SELECT * FROM audit_event"


# --- staff --------------------------------------------------------------------------------------

PASSWORD = "a long enough one"


def employ(records: Records, name: str = "nurse-4") -> None:
    """Let somebody sign in."""
    records.put_staff(name, PASSWORD, "desk", actor="admin")


def test_who_works_here_signs_in_with_their_password_and_with_no_other(records: Records) -> None:
    employ(records)
    member = records.sign_in("nurse-4", PASSWORD)
    assert member is not None
    assert (member.name, member.role) == ("nurse-4", "desk")
    assert records.sign_in("nurse-4", PASSWORD + " ") is None
    assert records.sign_in("nobody", PASSWORD) is None
    assert records.verify_audit().events == 3


def test_too_many_wrong_passwords_lock_the_account_and_a_new_one_opens_it(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    employ(records)
    for _ in range(staff.MOST_FAILURES):
        assert records.sign_in("nurse-4", "wrong") is None
    assert records.sign_in("nurse-4", PASSWORD) is None
    employ(records)
    assert records.sign_in("nurse-4", PASSWORD)
    monkeypatch.setattr(staff, "LOCKED_FOR", timedelta(0))
    for _ in range(staff.MOST_FAILURES):
        assert records.sign_in("nurse-4", "wrong") is None
    assert records.sign_in("nurse-4", PASSWORD)


def test_who_has_left_cannot_sign_in_nor_stay_signed_in(records: Records) -> None:
    employ(records)
    assert records.staff_stamp("nurse-4")
    records.stop_staff("nurse-4", actor="admin")
    assert records.sign_in("nurse-4", PASSWORD) is None
    assert records.staff_stamp("nurse-4") is None
    assert [(each.name, each.active) for each in records.staff()] == [("nurse-4", False)]
    with pytest.raises(UnknownStaff):
        records.stop_staff("nobody", actor="admin")


def test_a_new_password_changes_the_stamp(records: Records) -> None:
    employ(records)
    before = records.staff_stamp("nurse-4")
    records.put_staff("nurse-4", "another long one", "admin", actor="admin")
    after = records.staff_stamp("nurse-4")
    assert before
    assert after
    assert before[1] != after[1]
    assert after[0].may_act_as("desk")
    assert not before[0].may_act_as("admin")


def test_a_short_password_is_refused_and_none_is_kept_readable(
    records: Records, intruder: Engine
) -> None:
    with pytest.raises(ValueError, match="at least 10"):
        records.put_staff("nurse-4", "short", "desk", actor="admin")
    employ(records)
    with intruder.connect() as connection:
        (kept,) = connection.execute(text("SELECT password FROM staff")).scalars()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


# --- the audit trail ----------------------------------------------------------------------------


def write_trail(records: Records, events: int) -> None:
    """Events that differ, with details whose order JSON could change."""
    for number in range(1, events + 1):
        details = {"z": number, "a": (1, 2.5, None), "名": "值", 10: "ten", 9: "nine"}
        records.audit("kiosk-1", "note", f"subject-{number}", details)  # type: ignore[arg-type]


def test_an_untouched_trail_is_whole(records: Records) -> None:
    empty = records.verify_audit()
    assert (empty.ok, empty.events, empty.first_bad, empty.head) == (True, 0, None, "0" * 64)
    write_trail(records, 5)
    report = records.verify_audit()
    assert (report.ok, report.events, report.first_bad) == (True, 5, None)
    assert report.head != empty.head


COPY = "SELECT {0}, at, actor, action, subject, details, previous_hash, hash FROM audit_event"
TAMPERING = {
    "another actor": (["UPDATE audit_event SET actor = 'x' WHERE sequence = 3"], 3),
    "another time": (["UPDATE audit_event SET at = '2020-01-01 00:00:00' WHERE sequence = 3"], 3),
    "other details": (["UPDATE audit_event SET details = '[]' WHERE sequence = 5"], 5),
    "another hash": (["UPDATE audit_event SET hash = 'f' WHERE sequence = 5"], 5),
    "none in the middle": (["DELETE FROM audit_event WHERE sequence = 3"], 3),
    "none in the middle, renumbered": (
        [
            "DELETE FROM audit_event WHERE sequence = 3",
            "UPDATE audit_event SET sequence = 3 WHERE sequence = 4",
            "UPDATE audit_event SET sequence = 4 WHERE sequence = 5",
            "UPDATE audit_head SET count = 4",
        ],
        3,
    ),
    "no beginning": (["DELETE FROM audit_event WHERE sequence = 1"], 1),
    "no end": (["DELETE FROM audit_event WHERE sequence >= 4"], 4),
    "nothing at all": (["DELETE FROM audit_event"], 1),
    "two swapped": (
        [
            "UPDATE audit_event SET sequence = 99 WHERE sequence = 2",
            "UPDATE audit_event SET sequence = 2 WHERE sequence = 4",
            "UPDATE audit_event SET sequence = 4 WHERE sequence = 99",
        ],
        2,
    ),
    "one too many": (["INSERT INTO audit_event " + COPY.format(6) + " WHERE sequence = 5"], 6),
    "a shorter head": (["UPDATE audit_head SET count = 4"], 5),
    "another head": (["UPDATE audit_head SET hash = 'f'"], 5),
    "no head": (["DELETE FROM audit_head"], 1),
}


def test_checking_while_others_write_raises_no_false_alarm(records: Records) -> None:
    def check() -> bool:
        return all(records.verify_audit().ok for _ in range(10))

    def write() -> bool:
        write_trail(records, 10)
        return True

    assert all(race([check, write] * 4))


KEEP = [f"CREATE TABLE kept_{name} AS SELECT * FROM audit_{name}" for name in ("event", "head")]
RESTORE = [
    f"{verb} audit_{name}{rest}"
    for name in ("event", "head")
    for verb, rest in (("DELETE FROM", ""), ("INSERT INTO", f" SELECT * FROM kept_{name}"))
]


def test_tampering_is_found_where_it_happened(
    records: Records, intruder: Engine, subtests: pytest.Subtests
) -> None:
    write_trail(records, 5)
    run(intruder, *KEEP)
    for kind, (statements, first_bad) in TAMPERING.items():
        with subtests.test(kind):
            run(intruder, *statements)
            report = records.verify_audit()
            assert (report.ok, report.first_bad) == (False, first_bad)
        run(intruder, *RESTORE)
        assert records.verify_audit().ok


@pytest.mark.parametrize(("forged", "first_bad"), [(3, 4), (5, 5)])
def test_a_forged_event_with_a_hash_of_its_own_is_betrayed_by_what_follows(
    records: Records, intruder: Engine, forged: int, first_bad: int
) -> None:
    write_trail(records, 5)
    with Session(intruder) as session, session.begin():
        event = session.get_one(AuditEvent, forged)
        event.actor = "somebody else"
        event.hash = event_hash(event)
    report = records.verify_audit()
    assert (report.ok, report.first_bad) == (False, first_bad)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
@pytest.mark.parametrize("damage", ["at = 'yesterday'", "details = '{'", "details = X'FF'"])
def test_an_event_that_cannot_be_read_is_bad_too(
    records: Records, intruder: Engine, damage: str
) -> None:
    write_trail(records, 2)
    run(intruder, f"UPDATE audit_event SET {damage}")
    assert not records.verify_audit().ok


def test_nothing_more_is_recorded_on_a_trail_without_its_head(
    records: Records, intruder: Engine
) -> None:
    run(intruder, "DELETE FROM audit_head")
    with pytest.raises(RecordsUnavailable):
        book(records, slot())
    assert records.commitments(MONDAY, MONDAY + timedelta(days=1)) == ()


# --- opening, and databases that fail -----------------------------------------------------------


def test_what_was_recorded_is_there_after_opening_again(address: str) -> None:
    with Records.open(address) as records:
        booking = book(records, slot())
    migrate(address)
    with Records.open(address) as records:
        assert records.people_ahead(booking.id) == 0
        assert records.verify_audit().events == 1


def test_tables_and_migrations_agree(records: Records, intruder: Engine) -> None:
    with intruder.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": Base.metadata})
        assert compare_metadata(context, Base.metadata) == []


def test_programs_that_start_together_migrate_once(address: str) -> None:
    race([lambda: migrate(address)] * 4)
    with Records.open(address) as records:
        assert records.verify_audit().ok


def test_records_of_a_newer_version_are_left_alone(
    address: str, records: Records, intruder: Engine
) -> None:
    run(intruder, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RecordsUnavailable, match="newer version"):
        Records.open(address)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_sqlite_file_is_shared_safely_and_hidden_from_other_users(
    address: str, records: Records
) -> None:
    file = Path(str(make_url(address).database))
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert file.parent.stat().st_mode & 0o077 == 0


def test_a_database_that_is_gone_is_said_to_be_unavailable(
    address: str, records: Records, intruder: Engine, request: pytest.FixtureRequest
) -> None:
    book(records, slot())
    if intruder.dialect.name == "sqlite":
        run(intruder, "DROP TABLE appointment_time", "DROP TABLE appointment")
    else:
        administer = request.getfixturevalue("administer")
        administer("DROP DATABASE {} WITH (FORCE)", str(intruder.url.database))
    with pytest.raises(RecordsUnavailable, match="try again"):
        book(records, slot("10:00"))
    with pytest.raises(RecordsUnavailable, match="try again"):
        records.commitments(MONDAY, MONDAY + timedelta(days=1))


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_a_restart_of_the_server_goes_unnoticed(records: Records, intruder: Engine) -> None:
    book(records, slot())
    others = "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    run(intruder, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity {others}")
    assert book(records, slot("10:00")).ticket == "CAR-002"


def test_a_writer_who_never_finishes_does_not_hold_up_everybody_for_ever(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    with Records.open(address) as records:
        engine = database.open_engine(database.parse(address))
        with engine.execution_options(writes=True).begin():
            with pytest.raises(RecordsUnavailable):
                book(records, slot())
            assert records.verify_audit().ok
        engine.dispose()
        assert book(records, slot()).ticket == "CAR-001"


@pytest.mark.parametrize("folder", ["a-file", "a-file/below", "not-a-database"])
def test_a_file_that_cannot_be_a_database_is_said_to_be_unavailable(
    tmp_path: Path, folder: str
) -> None:
    (tmp_path / "a-file").write_text("here")
    (tmp_path / "not-a-database").mkdir()
    (tmp_path / "not-a-database" / "records.db").write_text("certainly not a database" * 100)
    with pytest.raises(RecordsUnavailable, match=r"records\.db cannot be used"):
        Records.open(f"sqlite:///{tmp_path / folder / 'records.db'}")


UNUSABLE = [
    "",
    "records.db",
    "sqlite://",
    "sqlite:///:memory:",
    "mysql://desk:hunter2@db/records",
    "postgresql://desk:hunter2@db:hunter2/records",
    "postgresql://desk:hunter2@127.0.0.1:1/records?sslpassword=hunter2",
    "postgres://desk:hunter2@127.0.0.1:1/records?password=hunter2",
]


@pytest.mark.parametrize("url", UNUSABLE)
def test_an_unusable_address_is_refused_without_a_word_of_its_secrets(url: str) -> None:
    with pytest.raises(RecordsUnavailable) as caught:
        Records.open(url)
    error: BaseException | None = caught.value
    while error:
        assert "hunter2" not in f"{error!r}"
        error = error.__cause__ or error.__context__
