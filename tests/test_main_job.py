"""The main job with nothing faked: the reference hospital, the real model, index, solver and page.

Every connection that leaves this machine is refused and remembered while it runs. The first run
fetches and converts the model and builds the index (some minutes); later ones find both in
`DAOZHEN_HOME`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, sync_playwright
from rich.progress import Progress

from assistant.building import open_catalogue, open_model
from assistant.dialogue import MOST_QUESTIONS
from assistant.settings import Settings
from knowledge.embedding import LocalEmbeddings
from knowledge.index import open_index
from scheduler.records import Records
from tests.browser.conftest import ARTIFACTS, CHROMIUM, free_port, wait_for

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.model

# Runs before anything of ours is imported, so that no library can keep the real connect for itself.
GUARDED = """
import socket, sys
for name in ("connect", "connect_ex"):
    def guarded(self, address, real=getattr(socket.socket, name)):
        local = self.family == socket.AF_UNIX or str(address[0]) in ("127.0.0.1", "::1", "localhost")
        if not local:
            print("LEFT THE MACHINE", address, file=sys.stderr, flush=True)
            raise ConnectionRefusedError(address)
        return real(self, address)
    setattr(socket.socket, name, guarded)
def resolve(host, *rest, real=socket.getaddrinfo, **more):
    if host not in (None, "", "localhost", "127.0.0.1", "::1", b"localhost", b"127.0.0.1"):
        print("LEFT THE MACHINE", host, file=sys.stderr, flush=True)
        raise socket.gaierror(host)
    return real(host, *rest, **more)
socket.getaddrinfo = resolve
from app import main
main()
"""


@pytest.fixture(scope="module")
def home() -> Path:
    """A home folder with the model converted and the index built."""
    settings = Settings()
    with Progress() as progress:
        assert open_model(settings, progress) is not None, "the embedded model cannot be had"
        open_index(open_catalogue(settings), settings.home, LocalEmbeddings(), progress)
    return settings.home


def run_guarded(*arguments: str, home: Path, **more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "DAOZHEN_HOME": str(home), "PYTHONUNBUFFERED": "1", **more}
    return subprocess.Popen(
        [sys.executable, "-c", GUARDED, *arguments],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize(
    ("words", "department", "quoted"),
    [
        ("My left ear has been ringing for three days and I hear badly on that side", "ent", "ear"),
        ("膝盖疼了两个月，上下楼的时候更疼，没有发烧", "orthopaedics", "膝盖"),
    ],
)
def test_a_complaint_becomes_an_explained_proposal_without_leaving_the_machine(
    home: Path, tmp_path: Path, words: str, department: str, quoted: str
) -> None:
    database = f"sqlite:///{tmp_path / 'records.sqlite'}"
    process = run_guarded("receive", words, "--json", home=home, DAOZHEN_DATABASE=database)
    printed, complaints = process.communicate(timeout=600)
    assert process.returncode == 0, complaints
    assert "LEFT THE MACHINE" not in complaints
    answer = json.loads(printed)
    assert answer["model"]["name"] == "qwen2.5-0.5b"
    assert answer["departments"][0]["id"] == department
    assert answer["appointment"]["department"] == department
    quotes = [finding["quote"] for finding in answer["needs"]["findings"]]
    assert quotes
    assert all(quote in words for quote in quotes)
    assert any(quoted in quote for quote in quotes)
    assert {reason["about"] for reason in answer["reasons"]} >= {
        "department",
        "practitioner",
        "time",
    }
    assert all(reason["evidence"] for reason in answer["reasons"])


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address and the database of a real `daozhen serve`."""
    database = f"sqlite:///{tmp_path_factory.mktemp('records') / 'records.sqlite'}"
    port = free_port()
    process = run_guarded("serve", "--port", str(port), "--database", database, home=home)
    address = f"http://127.0.0.1:{port}"
    wait_for(lambda: process.poll() is not None or _answers(address), seconds=300)
    assert process.poll() is None, process.stderr and process.stderr.read()
    yield address, database
    process.terminate()
    _, complaints = process.communicate(timeout=60)
    assert "LEFT THE MACHINE" not in complaints


@pytest.fixture
def page(served: tuple[str, str]) -> Iterator[Page]:
    """The real page in a Chromium that may speak to this machine only."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(120_000)
        page.goto(served[0])
        page.wait_for_selector("#dz-words textarea")
        yield page
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "I have had an itchy red rash on both arms for a week, I would like a woman doctor"),
        ("zh", "牙疼三天了，喝冷水的时候疼得更厉害"),
    ],
)
def test_a_patient_gets_a_ticket_from_the_real_page(
    page: Page, served: tuple[str, str], language: str, words: str
) -> None:
    if language == "zh":
        page.get_by_role("button", name="中文").first.click()
    page.fill("#dz-words textarea", words)
    page.click("#dz-send")
    assert deny_every_danger(page) == 1  # asked about hives with choking, or an abscess
    page.screenshot(path=ARTIFACTS / f"real-{language}-offers.png", full_page=True)
    page.click(".dz-why summary")
    assert page.locator(".dz-why section").count() >= 3
    page.click('[data-act="take:0"]')
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-number")
    page.screenshot(path=ARTIFACTS / f"real-{language}-ticket.png", full_page=True)
    with Records.open(served[1]) as records:
        assert records.verify_audit().ok
        assert page.inner_text(".dz-number").strip()


def deny_every_danger(page: Page) -> int:
    """Answer 'none of these' until there is an offer; how often that was."""
    for asked in range(MOST_QUESTIONS + 1):
        page.wait_for_selector(".dz-offer, .dz-question")
        if page.locator(".dz-offer").count():
            return asked
        page.click('[data-act="answer:none"]')
        page.wait_for_selector(".dz-question", state="detached")
    raise AssertionError("more questions than may be asked")


@pytest.mark.browser
def test_an_emergency_on_the_real_page_books_nothing_and_reaches_the_desk(
    page: Page, served: tuple[str, str]
) -> None:
    page.fill("#dz-words textarea", "crushing chest pain going into my left arm, I am sweating")
    page.click("#dz-send")
    page.wait_for_selector(".dz-is-emergency")
    assert page.locator(".dz-offer").count() == 0
    with Records.open(served[1]) as records:
        assert any(card.acuity <= 2 for card in records.handovers())


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False
