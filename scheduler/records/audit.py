"""The audit trail: each event's hash covers its content and the hash of the event before it.

Details are ids, codes and counts, never a patient's words: the trail outlives what a patient may
have deleted, and no event can be taken out of it again. An edited, removed, added or reordered
event is found; somebody who may rewrite the whole database can rewrite the trail too, unless a copy
of its newest hash (`AuditReport.head`) is kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.records.tables import AuditEvent, AuditHead
from scheduler.records.values import AuditReport

GENESIS = "0" * 64
"""What the first event calls the hash before it."""

HEAD = 1
CHUNK = 500


def plain(details: Mapping[str, object]) -> dict[str, object]:
    """`details` as they will come back from a JSON column: lists for tuples, text for keys.

    Raises:
        TypeError, ValueError: something in them is not JSON.
    """
    kept: dict[str, object] = json.loads(json.dumps(dict(details), allow_nan=False))
    return kept


def append(
    session: Session, *, actor: str, action: str, subject: str, details: Mapping[str, object]
) -> None:
    """Add an event; the session must hold the writer's turn."""
    head = session.get_one(AuditHead, HEAD)
    event = AuditEvent(
        sequence=head.count + 1,
        at=datetime.now(UTC),
        actor=actor,
        action=action,
        subject=subject,
        details=plain(details),
        previous_hash=head.hash,
    )
    event.hash = event_hash(event)
    session.add(event)
    head.count, head.hash = event.sequence, event.hash


def event_hash(event: AuditEvent) -> str:
    """SHA-256, in hexadecimal, of all of the event but its own hash."""
    content = {
        "sequence": event.sequence,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "details": event.details,
        "previous_hash": event.previous_hash,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()


def verify(session: Session) -> AuditReport:
    """Recompute the whole chain and compare its end with the head."""
    count, newest, broken = _walk(session)
    head = session.get(AuditHead, HEAD) or AuditHead(id=HEAD, count=0, hash=GENESIS)
    first_bad = count + 1 if broken else _against_head(count, newest, head)
    events = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    return AuditReport(ok=first_bad is None, events=events, first_bad=first_bad, head=head.hash)


def _walk(session: Session) -> tuple[int, str, bool]:
    """How far the chain holds, the hash there, and whether it breaks after that."""
    count, newest = 0, GENESIS
    in_order = select(AuditEvent).order_by(AuditEvent.sequence)
    with session.scalars(in_order.execution_options(yield_per=CHUNK)) as events:
        try:
            for event in events:
                if not _follows(event, count, newest):
                    return count, newest, True
                count, newest = event.sequence, event.hash
        except (ValueError, TypeError):  # a time or details that nothing can read, in this chunk
            return count, newest, True
    return count, newest, False


def _follows(event: AuditEvent, count: int, newest: str) -> bool:
    return (
        event.sequence == count + 1
        and event.previous_hash == newest
        and event.hash == event_hash(event)
    )


def _against_head(count: int, newest: str, head: AuditHead) -> int | None:
    """The first event that is missing or too many, or the last one where only the hash differs."""
    if count != head.count:
        return min(count, head.count) + 1
    return None if newest == head.hash else max(count, 1)
