"""Large enough to read and to touch, on a phone, on a desk and on a kiosk, by day and by night."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open, photograph, ready, say

SIZES = {"phone": (390, 844), "screen": (1366, 768), "kiosk": (1080, 1920)}
SMALL_TEXT = """() => [...document.querySelectorAll('.gradio-container *')].filter(e =>
  e.checkVisibility() && e.getBoundingClientRect().width > 1 &&
  [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) &&
  parseFloat(getComputedStyle(e).fontSize) < 18 && !e.closest('svg') && !e.closest('#dz-live')
).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 40))"""
TIGHT_LINES = """() => [...document.querySelectorAll('.gradio-container p, .gradio-container button')]
  .filter(e => e.checkVisibility() && e.textContent.trim() &&
    parseFloat(getComputedStyle(e).lineHeight) / parseFloat(getComputedStyle(e).fontSize) < 1.3 &&
    !e.classList.contains('dz-number'))
  .map(e => e.tagName + '.' + e.className)"""

# Text against the nearest background that is not transparent, after WCAG 2 (4.5 : 1).
PALE_TEXT = """() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/^rgba.*, 0\\)$/.test(colour) && colour !== 'transparent') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  return [...document.querySelectorAll('.gradio-container *')].filter(e =>
    e.checkVisibility() && e.getBoundingClientRect().width > 1 && !e.closest('svg') &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
  ).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), e.tagName + '.' + e.className, e.textContent.trim().slice(0, 40)];
  }).filter(([ratio]) => ratio < 4.5);
}"""

CUT_OFF = """() => [...document.querySelectorAll('.gradio-container *')].filter(e =>
  e.checkVisibility() && e.getBoundingClientRect().width > 1 && !e.closest('#dz-live') &&
  (e.getBoundingClientRect().right > innerWidth + 1 ||
   (e.tagName === 'BUTTON' && e.scrollWidth > e.clientWidth + 1))
).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 40))"""


PAIRS = [
    ("phone", "en", True),
    ("phone", "zh", False),
    ("screen", "en", False),
    ("screen", "zh", True),
    ("kiosk", "en", True),
    ("kiosk", "zh", False),
]
"""Every size in every language, every size and every language in light and in dark."""


@pytest.mark.parametrize(("size", "language", "dark"), PAIRS)
def test_everything_can_be_read_and_touched(
    visit: Open, size: str, language: str, dark: bool
) -> None:
    width, height = SIZES[size]
    page = visit(width=width, height=height, language=language, dark=dark)
    name = f"{size}-{language}-{'dark' if dark else 'light'}"
    photograph(page, f"{name}-1-start", whole=False)
    _check(page)
    say(page, "stomach ache after meals" if language == "en" else "饭后胃痛两个星期了")
    page.wait_for_selector(".dz-offer")
    page.wait_for_timeout(400)
    photograph(page, f"{name}-2-offers", whole=True)
    _check(page)
    page.click('[data-act="take:0"]')
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-number")
    photograph(page, f"{name}-3-ticket", whole=False)
    _check(page)
    page.click("#dz-alarm")
    page.wait_for_selector(".dz-is-emergency")
    photograph(page, f"{name}-4-emergency", whole=False)
    _check(page)


def _check(page) -> None:  # type: ignore[no-untyped-def]
    assert page.evaluate(SMALL_TEXT) == []
    assert page.evaluate(TIGHT_LINES) == []
    assert page.evaluate(PALE_TEXT) == []
    assert page.evaluate(CUT_OFF) == []
    assert not page.evaluate(COVERED)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for selector in ("#dz-alarm", "#dz-person", "#dz-en", "#dz-zh", "#dz-send", ".dz-button"):
        for each in page.locator(selector).all():
            if each.is_visible():
                box = each.bounding_box()
                assert box
                assert box["height"] >= 60, selector
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, textarea')].filter(e =>
            e.checkVisibility() && !(e.textContent.trim() || e.ariaLabel || (e.labels && e.labels.length)))
            .map(e => e.outerHTML.slice(0, 90))"""
    )
    assert unnamed == []


COVERED = """() => {
  const brand = document.querySelector('#dz-brand'), next = document.querySelector('#dz-languages');
  const text = document.createRange();
  text.selectNodeContents(brand);
  const [a, b] = [text.getBoundingClientRect(), next.getBoundingClientRect()];
  return a.right > b.left && a.bottom > b.top && b.bottom > a.top;
}"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll('#dz-panel *')].filter(e =>
  e.checkVisibility() && !e.closest('svg') &&
  [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
).map(e => parseFloat(getComputedStyle(e).fontSize)))"""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_one_tap_makes_everything_larger_for_this_visit_only(
    visit: Open, size: str, language: str
) -> None:
    width, height = SIZES[size]
    page = visit(width=width, height=height, language=language)
    page.click("#dz-larger")
    page.wait_for_selector('#dz-larger[aria-pressed="true"]')
    photograph(page, f"larger-{size}-{language}-1-start", whole=False)
    _check(page)
    say(page, "stomach ache after meals" if language == "en" else "饭后胃痛两个星期了")
    page.wait_for_selector(".dz-offer")
    page.wait_for_timeout(400)
    photograph(page, f"larger-{size}-{language}-2-offers")
    _check(page)
    assert page.evaluate(SMALLEST) >= (24 if size == "phone" else 30)
    with page.expect_navigation():
        page.click("#dz-start-over")
    ready(page, language)
    assert page.get_attribute("#dz-larger", "aria-pressed") == "false"
