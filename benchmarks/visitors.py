"""Twenty visitors at once: how soon the pages respond: `python -m benchmarks.visitors`.

Serves the reference hospital on this machine, with rules as the only reader, to a number of visitors
who come together; each opens the page, taps a language, says what is wrong, and taps again, as a
browser would. Between two steps they pause for `--pause` seconds on average (0: all do everything in
the same moment). Printed are seconds for each kind of request, for one visitor alone and for all.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any

import httpx
import numpy as np

from assistant.evaluation.cases import load_cases
from benchmarks.common import CASES, out, print_table

APP = Path(__file__).parent.parent / "app.py"
START_SECONDS = 600
Times = dict[str, list[float]]


class Visitor:
    """Speaks to the page as its script in the browser does."""

    def __init__(self, address: str, pause: float, seed: int) -> None:
        self._pause, self._chance = pause, Random(seed)
        self._client = httpx.Client(base_url=address, timeout=60)
        self._session = uuid.uuid4().hex[:12]
        self.times: Times = defaultdict(list)

    def visit(self, words: str) -> None:
        """From the first page to an answer."""
        self._timed("page", lambda: self._client.get("/").raise_for_status())
        config = self._client.get("/config").json()
        self._names = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
        self._events = {
            (target, event): dependency
            for dependency in config["dependencies"]
            if dependency["backend_fn"]
            for target, event in dependency["targets"]
        }
        self._timed("tap", lambda: self._tap("dz-zh"))
        self._timed("tap", lambda: self._tap("dz-en"))
        self._timed("answer", lambda: self._tap("dz-send", words))
        self._timed("tap", lambda: self._tap("dz-zh"))

    def _tap(self, button: str, words: str | None = None) -> None:
        dependency = self._events[self._names[button], "click"]
        said = self._names["dz-words"]
        data = [
            words if words is not None and each == said else None for each in dependency["inputs"]
        ]
        asked = {
            "data": data,
            "event_data": None,
            "fn_index": dependency["id"],
            "trigger_id": self._names[button],
            "session_hash": self._session,
        }
        self._client.post("/gradio_api/queue/join", json=asked).raise_for_status()
        path = f"/gradio_api/queue/data?session_hash={self._session}"
        with self._client.stream("GET", path) as stream:
            for line in stream.iter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                if message["msg"] == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(f"{button}: {message['output']}")
                    return

    def _timed(self, kind: str, work: Any) -> None:
        time.sleep(self._chance.uniform(0, 2 * self._pause))
        started = time.perf_counter()
        work()
        self.times[kind].append(time.perf_counter() - started)


@contextmanager
def served() -> Iterator[str]:
    """The address of a hospital with an empty database."""
    with socket.socket() as free, TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        database = f"sqlite:///{folder}/records.sqlite"
        command = [sys.executable, str(APP), "serve", "--port", str(port), "--no-model"]
        server = subprocess.Popen(
            [*command, "--database", database], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(address, server)
            yield address
        finally:
            server.terminate()
            server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            httpx.get(f"{address}/healthz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the page did not start; does `daozhen serve --no-model` work here?")


def together(address: str, visitors: int, words: Iterator[str], pause: float) -> Times:
    """What all of them waited, by kind of request."""
    start = Barrier(visitors)

    def come(number: int, said: str) -> Times:
        visitor = Visitor(address, pause, seed=number)
        start.wait()
        visitor.visit(said)
        return visitor.times

    found: Times = defaultdict(list)
    with ThreadPoolExecutor(visitors) as threads:
        for times in threads.map(come, range(visitors), list(islice(words, visitors))):
            for kind, seconds in times.items():
                found[kind] += seconds
    return found


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--visitors", type=int, default=20)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--pause", type=float, default=2.0)
    given = arguments.parse_args()
    words = cycle([case.text for case in load_cases(CASES / "departments.jsonl")])
    rows = []
    with served() as address:
        together(address, 1, words, 0)  # what is loaded on first use is not a visitor's time
        for visitors in (1, given.visitors):
            found: Times = defaultdict(list)
            for _ in range(given.rounds):
                for kind, seconds in together(address, visitors, words, given.pause).items():
                    found[kind] += seconds
            for kind, seconds in found.items():
                p50, p95 = np.percentile(seconds, [50, 95])
                row = (f"{visitors} at once: {kind}", len(seconds), p50, p95)
                rows.append([row[0], str(row[1]), *(f"{each:.3f}" for each in row[2:])])
    print_table("seconds", ("visitors", "requests", "median", "95th percentile"), rows)
    out.print("rules and retrieval read the words; 'tap' changes the language of the whole page")


if __name__ == "__main__":
    main()
