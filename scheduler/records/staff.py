"""Who may sign in: argon2id hashes, and a lock after too many wrong passwords in a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from scheduler.records.tables import Staff
from scheduler.records.values import Role

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
SHORTEST_PASSWORD = 10
"""Characters. NIST SP 800-63B asks for length and for nothing else."""

_hasher = PasswordHasher()
_NOBODYS = _hasher.hash("nobody has this password")


def put(session: Session, name: str, password: str, role: Role) -> None:
    """Add somebody, or give them a new password and role; a lock ends.

    Raises:
        ValueError: the password is too short.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"a password needs at least {SHORTEST_PASSWORD} characters")
    member = session.get(Staff, name)
    if member is None:
        member = Staff(name=name, created=datetime.now(UTC))
        session.add(member)
    member.role, member.password, member.active = role, _hasher.hash(password), True
    member.failures, member.locked_until = 0, None


def fits(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. It takes as long where there is nobody to have one."""
    try:
        _hasher.verify(password_hash or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def admit(member: Staff, *, fitted: bool) -> bool:
    """Note an attempt to sign in; true where it succeeds. Nobody gets in while locked."""
    now = datetime.now(UTC)
    if not member.active or (member.locked_until is not None and member.locked_until > now):
        return False
    if fitted:
        member.failures, member.locked_until = 0, None
        return True
    member.failures += 1
    if member.failures >= MOST_FAILURES:
        member.failures, member.locked_until = 0, now + LOCKED_FOR
    return False
