"""What the benchmarks share: how tables are printed, and where public data lies where it is to be had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

CASES = Path(__file__).parent.parent / "tests" / "cases"
PUBLIC_DATA = Path(__file__).parent.parent.parent / "shared" / "data"
WIDTH = 118

out = Console(highlight=False, width=WIDTH)


def public_data(*parts: str) -> Path | None:
    """A file or folder of `../shared/data`; where it is absent, say so and return None."""
    path = PUBLIC_DATA.joinpath(*parts)
    if path.exists():
        return path
    out.print(f"{path.name}: skipped, there is no {path}", markup=False)
    return None


def print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: names to the left, figures to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for index, name in enumerate(header):
        table.add_column(name, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    out.print(table)
    out.print()
