"""How parts of a page that are plain HTML come about, and how the taps on them arrive."""

from __future__ import annotations

from pathlib import Path

import jinja2

SHARED = Path(__file__).parent / "templates"
CLICKS = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-act]');
  if (!button) return;
  const ticked = [...element.querySelectorAll('input:checked')].map(box => box.value);
  const add = 'ticked' in button.dataset ? ticked.join() : '';
  trigger('click', {act: button.dataset.act + add});
});
"""
"""A button tells what it does; one with `data-ticked` adds the numbers of the boxes ticked."""
FORMS = (
    CLICKS
    + """
element.addEventListener('change', event => {
  const choice = event.target.closest('select[data-choose]');
  if (choice) trigger('click', {act: choice.dataset.choose + choice.value});
});
element.addEventListener('submit', event => {
  event.preventDefault();
  const by = event.submitter && event.submitter.value ? event.submitter.value : event.target.dataset.form;
  trigger('click', {act: by, filled: Object.fromEntries(new FormData(event.target))});
});
"""
)
"""The same; a form tells what was filled in, by the button that sent it or by its own name; and a
select tells what was chosen."""


def templates(room: Path) -> jinja2.Environment:
    """The templates of a room and those that all share. They escape everything that they are given."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([room / "templates", SHARED]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
