"""Nobody reaches a staff's room without being let in, on no way."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route
from starlette.websockets import WebSocketDisconnect

from assistant import access
from assistant.access import COOKIE, Access, StaffOnly, required_role, secret_in
from assistant.pages.staff import mount_staff
from assistant.reception import Reception
from assistant.settings import Settings
from scheduler.records import Records

PASSWORD = "a long enough one"
PAGE = {"accept": "text/html"}


@pytest.fixture
def guard(records: Records) -> Access:
    """The door of a hospital where one nurse works."""
    records.put_staff("mei", PASSWORD, "desk", actor="test")
    return Access(records, "secret")


@pytest.fixture
def site(reception: Reception, guard: Access, tmp_path: Path) -> Iterator[TestClient]:
    """The staff's pages as they are served."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    settings = Settings(home=tmp_path)
    with TestClient(mount_staff(application, reception, settings), follow_redirects=False) as site:
        yield site


def enter(site: TestClient, password: str = PASSWORD) -> None:
    """Sign in as the nurse."""
    answer = site.post("/sign-in", data={"name": "mei", "password": password, "to": "/desk"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk"


def token(guard: Access) -> str:
    """A good cookie."""
    found = guard.sign_in("mei", PASSWORD)
    assert found
    return found


def test_who_signed_in_is_known_again(guard: Access) -> None:
    member = guard.who({COOKIE: token(guard)})
    assert member
    assert (member.name, member.role) == ("mei", "desk")


@pytest.mark.parametrize("forged", ["", "x", "é", "WyJtZWkiLCAieCJd.a.b"])
def test_a_forged_cookie_is_nobodys(guard: Access, forged: str) -> None:
    assert guard.who({COOKIE: forged}) is None
    assert guard.who({}) is None


def test_a_cookie_signed_with_another_key_is_nobodys(guard: Access, records: Records) -> None:
    assert guard.who({COOKIE: token(Access(records, "another"))}) is None


def test_a_cookie_ends_with_the_shift_the_password_and_the_job(
    guard: Access, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {COOKIE: token(guard)}
    monkeypatch.setattr(access, "SHIFT_SECONDS", -1)
    assert guard.who(good) is None
    monkeypatch.undo()
    assert guard.who(good)
    records.put_staff("mei", "another long one", "desk", actor="test")
    assert guard.who(good) is None
    newer = guard.sign_in("mei", "another long one")
    assert newer
    records.stop_staff("mei", actor="test")
    assert guard.who({COOKIE: newer}) is None


@pytest.mark.parametrize(
    ("path", "role"),
    [("/desk", "desk"), ("/desk/", "desk"), ("/desk/a/b", "desk"), ("/desks", None), ("/", None)],
)
def test_a_room_is_everything_below_its_path(path: str, role: str | None) -> None:
    assert required_role(path) == role


def test_whoever_opens_a_room_is_led_to_the_door_and_back(site: TestClient) -> None:
    answer = site.get("/desk/", headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=/desk")
    enter(site)
    assert site.get("/desk", headers=PAGE).headers["location"] == "/desk/"
    page = site.get("/desk/", headers=PAGE)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert site.post("/sign-out").status_code == 303
    site.cookies.clear()
    assert site.get("/desk/", headers=PAGE).status_code == 303


def test_every_route_of_a_room_is_closed_to_whoever_is_not_signed_in(site: TestClient) -> None:
    paths = sorted(_paths(site.app.routes))  # type: ignore[attr-defined]
    assert len(paths) > 20
    for path in paths:
        for method in ("GET", "POST", "DELETE"):
            answer = site.request(method, path)
            assert answer.status_code == 401, (method, path)
            assert answer.text == "sign in first"


def test_a_wrong_password_leads_nowhere_and_says_why_in_both_languages(site: TestClient) -> None:
    for language, words in (("en", "do not fit"), ("zh", "不正确")):
        answer = site.post(f"/sign-in?lang={language}", data={"name": "mei", "password": "wrong"})
        assert answer.status_code == 401
        assert words in answer.text
        assert COOKIE not in answer.cookies


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(site: TestClient) -> None:
    answer = site.post("/sign-in", data={"name": "mei", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize("to", ["https://example.org", "//example.org", "/", ""])
def test_the_door_leads_to_our_rooms_only(site: TestClient, to: str) -> None:
    answer = site.post("/sign-in", data={"name": "mei", "password": PASSWORD, "to": to})
    assert answer.headers["location"] == "/desk"
    assert to == "" or f'value="{to}"' not in site.get("/sign-in", params={"to": to}).text


def test_another_sites_page_cannot_act_for_who_is_signed_in(site: TestClient) -> None:
    enter(site)
    path = "/desk/gradio_api/queue/join"
    foreign = site.post(path, json={}, headers={"origin": "https://example.org"})
    assert foreign.status_code == 403
    own = site.post(path, json={}, headers={"origin": "http://testserver"})
    assert own.status_code != 403


def test_a_room_of_another_role_stays_closed(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(site)
    monkeypatch.setattr(access, "ROOMS", {"/desk": "scheduler"})
    assert site.get("/desk/", headers=PAGE).status_code == 403


def test_a_door_that_nobody_can_open_says_so(reception: Reception, tmp_path: Path) -> None:
    application = mount_staff(FastAPI(), reception, Settings(home=tmp_path))
    with TestClient(application) as site:
        assert "daozhen staff add" in site.get("/sign-in").text


def test_a_socket_is_closed_too(guard: Access) -> None:
    async def never(scope: object, receive: object, send: object) -> None:
        raise AssertionError("reached")

    site = TestClient(StaffOnly(never, guard))  # type: ignore[arg-type]
    with pytest.raises(WebSocketDisconnect), site.websocket_connect("/desk/queue"):
        pass


def test_the_key_is_made_once_and_hidden(tmp_path: Path) -> None:
    made = secret_in(tmp_path / "home")
    assert secret_in(tmp_path / "home") == made
    assert len(made) > 40
    assert stat.S_IMODE((tmp_path / "home" / "secret").stat().st_mode) == 0o600
    assert [each.name for each in (tmp_path / "home").iterdir()] == ["secret"]


def _paths(routes: list[object], before: str = "") -> Iterator[str]:
    """Every path below the desk, with something in place of its parameters."""
    for route in routes:
        if isinstance(route, Mount):
            yield from _paths(route.routes, before + route.path)
        elif isinstance(route, Route | APIRoute):
            path = before + route.path
            if path.startswith("/desk"):
                yield path.replace("{path:path}", "x").replace("{", "").replace("}", "")
