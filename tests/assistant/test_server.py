"""A model that another process serves: asked with a grammar, and nothing believed without a check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from langchain_core.messages import HumanMessage
from rich.progress import Progress

from assistant import building
from assistant.errors import ModelTimeout, ModelUnavailable
from assistant.intake import Reading, read_by_model
from assistant.model.server import ServerChatModel
from assistant.settings import Settings
from tests.browser.conftest import free_port, wait_for

WORDS = "my knee hurts since monday, no fever"
READING = {"present": ["knee hurts"], "absent": ["fever"], "since": "since monday", "degree": None}


class Answering(BaseHTTPRequestHandler):
    """A chat server at the boundary: it streams `pieces`, or fails as it is told."""

    pieces: ClassVar[list[str]] = []
    status: ClassVar[int] = 200
    knows_grammars: ClassVar[bool] = True
    pause: ClassVar[float] = 0.0
    asked: ClassVar[list[dict[str, Any]]] = []
    told: ClassVar[int] = 0

    def do_POST(self) -> None:
        """Answer a chat."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append(body)
        refused = "structured_outputs" in body and not self.knows_grammars
        status = 422 if refused else self.status
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if status == 200 else "text/plain")
        self.end_headers()
        if status != 200:
            return
        try:
            for piece in self.pieces:
                chunk = {"choices": [{"index": 0, "delta": {"content": piece}}]}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.flush()
                type(self).told += 1
                time.sleep(self.pause)
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass  # nobody listens any more

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[type[Answering]]:
    """A fresh server; what it says is set on its class."""
    fresh = type("Fresh", (Answering,), {"asked": [], "pieces": [json.dumps(READING)]})
    with ThreadingHTTPServer(("127.0.0.1", 0), fresh) as listening:
        fresh.port = listening.server_address[1]  # type: ignore[attr-defined]
        Thread(target=listening.serve_forever, daemon=True).start()
        yield fresh
        listening.shutdown()


def connected(server: Any, seconds: float = 20) -> ServerChatModel:
    """The model of a server."""
    return ServerChatModel.connect(f"http://127.0.0.1:{server.port}/v1", "any", seconds=seconds)


def test_a_reading_comes_from_a_server_as_from_local_weights(server: Any) -> None:
    assert read_by_model(connected(server), WORDS, "en") == Reading.model_validate(READING)
    (asked,) = server.asked
    assert asked["model"] == "any"
    assert asked["temperature"] == 0
    assert "substring_words" in asked["structured_outputs"]["grammar"]
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]


def test_a_server_that_knows_no_grammars_is_asked_without_from_then_on(server: Any) -> None:
    server.knows_grammars = False
    model = connected(server)
    for _ in range(2):
        assert read_by_model(model, WORDS, "en").present == ("knee hurts",)
    assert ["structured_outputs" in asked for asked in server.asked] == [True, False, False]


def test_what_a_server_invents_is_dropped(server: Any) -> None:
    server.pieces = [json.dumps(READING | {"present": ["knee hurts", "a heart attack"]})]
    assert read_by_model(connected(server), WORDS, "en").present == ("knee hurts",)


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_a_server_that_fails_is_a_timeout(server: Any, status: int) -> None:
    server.status = status
    with pytest.raises(ModelTimeout):
        read_by_model(connected(server), WORDS, "en")


def test_a_server_that_says_no_json_is_a_timeout(server: Any) -> None:
    server.pieces = ["I am sorry"]
    with pytest.raises(ModelTimeout):
        read_by_model(connected(server), WORDS, "en")


def test_a_server_that_is_gone_is_a_timeout() -> None:
    model = ServerChatModel.connect(f"http://127.0.0.1:{free_port()}/v1", "any", seconds=5)
    with pytest.raises(ModelTimeout):
        read_by_model(model, WORDS, "en")


@pytest.mark.parametrize("how", ["late", "unwanted"])
def test_an_answer_that_nobody_wants_is_closed(server: Any, how: str) -> None:
    server.pieces, server.pause = ["a"] * 200, 0.05
    options: dict[str, Any] = {"seconds": 0.3} if how == "late" else {}
    if how == "unwanted":
        options["cancelled"] = lambda: server.told > 3
    with pytest.raises(ModelTimeout):
        connected(server).invoke([HumanMessage("?")], **options)
    told = server.told
    wait_for(lambda: server.told <= told + 20, seconds=1)
    time.sleep(0.5)
    assert server.told < 60


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("8.8.8.8:8000", "no address"),
        ("ftp://127.0.0.1/v1", "no address"),
        ("", "no address"),
        ("https://8.8.8.8/v1", "must not leave"),
        ("http://no-such-host.invalid/v1", "no server"),
    ],
)
def test_words_go_to_no_server_outside(address: str, why: str) -> None:
    with pytest.raises(ModelUnavailable, match=why):
        ServerChatModel.connect(address, "any")


@pytest.mark.parametrize("address", ["http://10.1.2.3:8000/v1", "https://192.168.0.9/v1"])
def test_a_server_within_is_taken(address: str) -> None:
    assert ServerChatModel.connect(address, "any").name == "any"


def test_the_settings_name_a_server(server: Any, quiet: Progress) -> None:
    settings = Settings(server=f"http://127.0.0.1:{server.port}/v1", model="any")
    model = building.open_model(settings, quiet)
    assert isinstance(model, ServerChatModel)
    assert str(model.invoke([HumanMessage("?")]).content) == json.dumps(READING)


def test_a_wrong_server_leaves_the_desk_without_a_model(
    quiet: Progress, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(server="https://8.8.8.8/v1", model="any")
    assert building.open_model(settings, quiet) is None
    assert "must not leave it" in caplog.text


@pytest.mark.model
def test_a_real_server_answers(tiny_model: str, tmp_path: Path) -> None:
    port = free_port()
    command = [
        *(str(Path(sys.executable).parent / "transformers"), "serve", tiny_model),
        *("--host", "127.0.0.1", "--port", str(port), "--device", "cpu"),
    ]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        model = ServerChatModel.connect(f"http://127.0.0.1:{port}/v1", tiny_model, seconds=60)
        model.max_tokens = 12

        def answers() -> bool:
            assert process.poll() is None, (tmp_path / "log").read_text()
            try:
                return isinstance(model.invoke([HumanMessage("?")]).content, str)
            except ModelTimeout:
                return False

        wait_for(answers, seconds=120)
        # Random weights give no reading: what they say is not believed, with and without a grammar.
        with pytest.raises(ModelTimeout, match="no reading"):
            read_by_model(model, WORDS, "en")
        assert not model._takes_grammars  # this server knows none, and said so
    finally:
        process.terminate()
        process.wait(timeout=30)
