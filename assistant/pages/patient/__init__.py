"""The patient's page, at a kiosk or on a phone."""

from assistant.pages.patient.kiosk import build_kiosk, mount_kiosk

__all__ = ["build_kiosk", "mount_kiosk"]
