"""Triage cases in, figures and a report out: `daozhen evaluate`."""
