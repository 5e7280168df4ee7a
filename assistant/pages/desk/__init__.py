"""The front desk's page: who waits for a person, and what is done about it."""

from assistant.pages.desk.desk import build_desk, mount_desk

__all__ = ["build_desk", "mount_desk"]
