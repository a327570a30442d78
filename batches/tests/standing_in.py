"""A stand-in for the remote orchestrator: a real HTTP server on a port of its own, that answers as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

KEY = "the-key-they-know-us-by"


@dataclass(frozen=True)
class Call:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class StandIn:
    """`answer` is a status or one of open, locked, phases_run, garbage, other_batch, slow, drip, endless, redirect."""

    def __init__(self) -> None:
        self.answer: int | str = "open"
        self.calls: list[Call] = []
        self.url = ""
        self.released = threading.Event()
        """Lets slow answers go."""
        self.arrived = threading.Semaphore(0)
        """Released once for each call that has come in."""
        self.meanwhile: Callable[[], None] = lambda: None
        """Called while a request is being answered."""

    def paths(self, method: str) -> list[str]:
        """The paths of the calls with this method."""
        return [call.path for call in self.calls if call.method == method]


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A running stand-in; it is gone at the end, and so is whoever waits for it."""
    stand_in = StandIn()

    class Handler(_Handler):
        told = stand_in

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        stand_in.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    told: StandIn

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *_args: Any) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        told = self.told
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        path = urlsplit(self.path).path
        told.calls.append(Call(self.command, path, {k.lower(): v for k, v in self.headers.items()}, body))
        told.arrived.release()
        told.meanwhile()
        answer = told.answer
        if answer == "slow":
            told.released.wait()
            answer = "open"
        if isinstance(answer, int):
            self._send(answer, b'{"detail": "as told"}')
        elif answer == "garbage":
            self._send(200, b"<html>a proxy's page</html>")
        elif answer == "drip":
            self._drip()
        elif answer == "endless":
            self._send(200, b" " * 1_500_000)
        elif answer == "redirect":
            self._send(302, b"", Location="/elsewhere")
        else:
            self._send(200, json.dumps(_state(path, answer)).encode())

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        with suppress(OSError):  # whoever asked may have gone
            self.end_headers()
            self.wfile.write(content)

    def _drip(self) -> None:
        """A header, byte by byte, without end: every byte within the time a read may take."""
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not self.told.released.wait(0.05):
                self.wfile.write(b"x")
                self.wfile.flush()


def _state(path: str, answer: str) -> dict[str, Any]:
    batch_id = path.split("/")[4]
    if answer == "other_batch":
        batch_id = "00000000-0000-4000-8000-000000000000"
    phase = {"status": "in_progress" if answer == "phases_run" else "skipped_by_user_config"}
    body: dict[str, Any] = {"batch_id": batch_id, "pipeline_state": {"batch_id": batch_id, "spellcheck": phase}}
    if answer != "phases_run":
        body["locked"] = answer == "locked"
    return body
