"""What the administrator's page shows, as HTML."""

from __future__ import annotations

from pathlib import Path

from assistant.access import rooms_for
from assistant.evaluation.figures import Figure
from assistant.explain import spoken_day
from assistant.insight import Insight
from assistant.messages import messages
from assistant.pages.drawing import templates
from assistant.triage import FOUR_LEVELS
from knowledge.catalogue import Catalogue
from scheduler.domain import Language
from scheduler.records import AuditReport, StaffMember

ROOM = Path(__file__).parent


class InsightCards:
    """Draws the parts of the page."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._templates = templates(ROOM)

    def header(
        self,
        language: Language,
        member: StaffMember | None,
        days: int,
        periods: tuple[int, ...],
    ) -> str:
        """Which days these are, and who is signed in."""
        return self._draw("header", language, member=member, days=days, periods=periods)

    def audit(self, language: Language, report: AuditReport | None, *, verifying: bool) -> str:
        """The audit trail's verification."""
        return self._draw("audit", language, report=report, verifying=verifying)

    def unavailable(self, language: Language) -> str:
        """The records cannot be reached."""
        return self._draw("unavailable", language)

    def body(self, language: Language, insight: Insight) -> str:
        """Everything that is counted."""
        use = sorted(insight.use.items(), key=lambda one: -one[1].share)
        return self._draw(
            "body",
            language,
            insight=insight,
            first=spoken_day(insight.first, language),
            last=spoken_day(insight.last, language),
            levels=FOUR_LEVELS,
            use=use,
            share=_share,
            longest=max([*(w.p90 for w in insight.waits.values()), 1.0]),
        )

    def _draw(self, template: str, language: Language, **facts: object) -> str:
        def department(name: str) -> str:
            known = self._catalogue.by_id.get(name)
            return known.names.in_language(language) if known else name

        return self._templates.get_template(f"{template}.html").render(
            facts,
            say=messages(language).say,
            language=language,
            department=department,
            rooms_for=rooms_for,
        )


def _share(figure: Figure) -> str:
    """A share with its interval, as figures only."""
    if figure.share is None or figure.low is None or figure.high is None:
        return "–"
    interval = f"{100 * figure.low:.0f}–{100 * figure.high:.0f}%"
    return f"{100 * figure.share:.0f}% ({interval}, {figure.hits}/{figure.of})"
