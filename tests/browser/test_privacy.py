"""Nothing of a patient's stays: not for the next patient, not in the browser, not on the server."""

from __future__ import annotations

import gc

from playwright.sync_api import Page

from assistant.pages.patient.visit import Visit
from tests.browser.conftest import Open, photograph, ready, say, wait_for
from tests.fake_reception import FakeReception

SECRET = "stomach ache zebra"


def test_start_over_leaves_nothing(visit: Open, desk: FakeReception) -> None:
    page = visit()
    page.fill("#dz-age input", "34")
    say(page, SECRET)
    page.wait_for_selector(".dz-offer")
    with page.expect_navigation():
        page.click("#dz-start-over")
    ready(page)
    assert "zebra" not in page.content()
    assert page.input_value("#dz-age input") == ""
    assert page.input_value("#dz-words textarea") == ""
    say(page, "knee pain")
    page.wait_for_selector(".dz-offer")
    assert desk.heard[-1].words == "knee pain"
    assert desk.heard[-1].person.age is None


def test_the_back_button_shows_nothing(visit: Open) -> None:
    page = visit()
    say(page, SECRET)
    page.wait_for_selector(".dz-offer")
    with page.expect_navigation():
        page.click("#dz-start-over")
    ready(page)
    page.go_back()
    page.wait_for_timeout(500)
    assert "zebra" not in page.content()


def test_going_away_and_back_shows_nothing(visit: Open) -> None:
    page = visit()
    say(page, SECRET)
    page.wait_for_selector(".dz-offer")
    page.goto("about:blank")
    page.go_back()
    ready(page)
    page.wait_for_timeout(500)
    assert "zebra" not in page.content()


def test_nothing_is_stored_in_the_browser(visit: Open) -> None:
    page = visit()
    say(page, SECRET)
    page.wait_for_selector(".dz-offer")
    stored = page.evaluate(
        """async () => JSON.stringify([
            {...localStorage}, {...sessionStorage}, document.cookie,
            (await indexedDB.databases()).map(each => each.name), await caches.keys(),
        ])"""
    )
    assert "zebra" not in stored
    assert page.context.cookies() == []


def test_an_idle_page_counts_down_and_clears_itself(visit: Open, desk: FakeReception) -> None:
    page = idle_page(visit, reset_seconds=120)
    say(page, SECRET)
    page.wait_for_selector(".dz-offer")
    page.clock.fast_forward(95_000)
    page.wait_for_selector(".dz-idle:not([hidden])")
    photograph(page, "countdown", whole=False)
    page.click("[data-stay]")
    page.wait_for_selector(".dz-idle", state="hidden")
    page.clock.fast_forward(40_000)
    page.wait_for_timeout(700)
    assert "zebra" in page.content()
    with page.expect_navigation():
        page.clock.fast_forward(120_000)
    ready(page)
    assert "zebra" not in page.content()


def test_a_page_that_is_cleared_soon_still_lets_people_type(visit: Open) -> None:
    page = idle_page(visit, reset_seconds=20)
    page.fill("#dz-words textarea", SECRET)
    page.clock.fast_forward(5_000)
    page.wait_for_timeout(700)
    assert page.is_hidden(".dz-idle")
    page.clock.fast_forward(6_000)
    page.wait_for_selector(".dz-idle:not([hidden])")


def idle_page(visit: Open, reset_seconds: int) -> Page:
    """A page whose clock the test moves: nobody waits, and a slow machine is not an idle patient."""
    page = visit(reset_seconds=reset_seconds)
    page.clock.install()
    page.reload()
    ready(page)
    return page


def test_words_are_text_and_never_markup(visit: Open) -> None:
    page = visit()
    page.on("dialog", lambda dialog: (_ for _ in ()).throw(AssertionError(dialog.message)))
    nasty = (
        "<script>alert(1)</script><img src=x onerror=alert(2)> ![x](http://203.0.113.9/x.png) ache"
    )
    say(page, nasty + " ${alert(3)} {{constructor}}")
    page.wait_for_selector(".dz-offer")
    page.click(".dz-why summary")
    page.click(".dz-understood summary")
    assert "<script>alert(1)</script>" in page.inner_text("#dz-chat")
    assert (
        page.locator("#dz-chat img, #dz-panel img, #dz-chat script, #dz-panel script").count() == 0
    )


def test_no_event_is_a_public_endpoint(visit: Open) -> None:
    page = visit()
    info = page.evaluate("async () => (await fetch('gradio_api/info')).json()")
    assert info["named_endpoints"] == {}
    assert info["unnamed_endpoints"] == {}


def test_the_server_forgets_a_page_that_was_closed(visit: Open) -> None:
    page = visit()
    say(page, "stomach ache platypus")
    page.wait_for_selector(".dz-offer")

    def remembered() -> bool:
        gc.collect()  # what only waits to be collected is forgotten
        # By type alone: asking some library's object for its class makes it warn.
        visits = [each for each in gc.get_objects() if type(each) is Visit]
        return any("platypus" in "".join(each.told.said) for each in visits)

    assert remembered()
    page.close()
    wait_for(lambda: not remembered(), seconds=120)
