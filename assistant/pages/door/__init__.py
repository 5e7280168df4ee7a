"""The way in and out for staff."""

from assistant.pages.door.door import mount_door

__all__ = ["mount_door"]
