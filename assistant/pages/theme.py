"""How the page looks and what runs in the browser: one style sheet, one script, nothing from outside."""

from __future__ import annotations

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


def style_sheet() -> str:
    """The page's style sheet."""
    return (FOLDER / "theme.css").read_text(encoding="utf-8")


def head() -> str:
    """What goes into the page's head: the script, and no referrer to anybody."""
    script = (FOLDER / "kiosk.js").read_text(encoding="utf-8")
    return f'<meta name="referrer" content="no-referrer"><script>{script}</script>'
