"""How the pages look and what runs in the browser: one theme for all, nothing from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).parent
FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
)


def theme() -> gr.themes.Base:
    """Gradio's plain theme with the system's own fonts, Chinese ones included."""
    size = gr.themes.Size(
        xxs="14px", xs="16px", sm="18px", md="18px", lg="20px", xl="24px", xxl="30px", name="large"
    )
    return gr.themes.Base(font=FONTS, font_mono=("monospace",), text_size=size, radius_size="lg")


@dataclass(frozen=True)
class Looks:
    """What a page adds to the theme: style sheets and a script."""

    sheets: tuple[Path, ...]
    script: Path

    def style_sheet(self) -> str:
        """The theme's style sheet and the page's own."""
        return theme_sheet() + "".join(map(_text, self.sheets))

    def head(self) -> str:
        """What goes into the page's head: the script, and no referrer to anybody."""
        return f'<meta name="referrer" content="no-referrer"><script>{_text(self.script)}</script>'


def staff_looks(*sheets: Path) -> Looks:
    """How the staff's pages look: what all of them share, then `sheets`."""
    return Looks(sheets=(FOLDER / "staff.css", *sheets), script=FOLDER / "staff.js")


def theme_sheet() -> str:
    """The style sheet that all pages share."""
    return _text(FOLDER / "theme.css")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
