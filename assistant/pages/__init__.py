"""The pages, in Gradio. Today there is the patient's: `mount_kiosk` serves it."""

from assistant.pages.kiosk import build_kiosk, mount_kiosk

__all__ = ["build_kiosk", "mount_kiosk"]
