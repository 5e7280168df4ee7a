"""The administrator's page: waits, use of time, triage as corrected, fairness, model, audit."""

from assistant.pages.insight.page import build_insight, mount_insight

__all__ = ["build_insight", "mount_insight"]
