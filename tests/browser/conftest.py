"""A live page around any reception, and a Chromium that may speak to nobody else."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Request, sync_playwright

from assistant.pages.patient import mount_kiosk
from assistant.pages.staff import mount_staff
from assistant.settings import Settings
from tests.fake_reception import FakeReception

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARTIFACTS = Path(__file__).parents[2] / "artifacts"

PASSWORD = "a long enough one"
"""Of every member of staff in these tests."""
Serve = Callable[..., str]
Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here need a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


class Switch:
    """Stands for whichever reception the running test has, so that one server serves many tests."""

    target: object = None

    def __getattr__(self, name: str) -> object:
        return getattr(self.target, name)


@pytest.fixture(scope="session")
def shared_serve() -> Iterator[Serve]:
    """Serves pages that live as long as the tests do."""
    with _serving() as start:
        yield start


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves the page around a reception, on a free port; returns its address. Gone after the test:
    pages that nobody looks at any more take time of the machine."""
    with _serving() as start:
        yield start


@contextmanager
def _serving() -> Iterator[Serve]:
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(reception: object, *, staff: bool = False, **settings: object) -> str:
        port = free_port()
        chosen = Settings.model_validate(settings)
        application = FastAPI()
        if staff:
            mount_staff(application, reception, chosen)  # type: ignore[arg-type]
        mount_kiosk(application, reception, chosen)  # type: ignore[arg-type]
        config = uvicorn.Config(application, host="127.0.0.1", port=port, log_level="critical")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append((server, thread))
        wait_for(lambda: server.started)
        return f"http://127.0.0.1:{port}/"

    yield start
    for server, thread in servers:
        server.should_exit = server.force_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def switch() -> Switch:
    """What the shared server asks."""
    return Switch()


@pytest.fixture
def desk(switch: Switch) -> FakeReception:
    """A reception with prepared answers."""
    switch.target = FakeReception()
    return switch.target


@pytest.fixture(scope="session")
def shared(shared_serve: Serve, switch: Switch) -> str:
    """The address of a page that asks the `desk` of each test."""
    switch.target = FakeReception()
    return shared_serve(switch)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium without a window. It goes with this folder: its event loop would be in the way."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM} (set CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, serve: Serve, shared: str, desk: FakeReception) -> Iterator[Open]:
    """Opens the page; afterwards, nothing may have gone to anybody but us, nor failed on the page."""
    strangers: list[str] = []
    errors: list[str] = []
    contexts = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            strangers.append(request.url)

    def start(
        *,
        width: int = 1366,
        height: int = 768,
        dark: bool = False,
        language: str = "en",
        address: str = "",
        room: str = "",
        member: str = "",
        **settings: object,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        if desk.model is None or settings:
            address = serve(desk, **settings)
        if room:
            context.request.post(
                f"{address}sign-in", form={"name": member, "password": PASSWORD, "to": f"/{room}"}
            )
            page.goto(f"{address}{room}/")
            page.wait_for_selector(f"html[lang={language}] .dz-top")
            return page
        page.goto(address or shared)
        ready(page, language)
        return page

    yield start
    for context in contexts:
        context.close()
    assert strangers == []
    assert errors == []


def ready(page: Page, language: str = "en") -> None:
    """Wait until the page is there, in a language."""
    page.wait_for_selector("#dz-hero h1")
    page.wait_for_selector(f"html[lang={language}]")


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until `condition` holds; fail the test where it never does."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def serious_problems(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody from using the page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def say(page: Page, words: str) -> None:
    """Write a message and send it."""
    page.fill("#dz-words textarea", words)
    page.click("#dz-send")


def photograph(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep a picture for people to look at."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.wait_for_timeout(250)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=whole)
