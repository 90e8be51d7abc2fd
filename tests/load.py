"""Callers of a live endpoint while something else happens.

As a program they call until their input ends, then print what they saw: for networks that only
another process is in. `python -m load URL FOLDER RATE`, `tests` on the path.
"""

import json
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx


@dataclass(slots=True)
class Seen:
    """What callers saw."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    """Answers by status; 0: no answer."""
    versions: Counter[str] = field(default_factory=Counter[str])
    """Answers by the version that gave them."""

    @property
    def failed(self) -> int:
        """Requests without a 200."""
        return self.statuses.total() - self.statuses[200]


class Callers:
    """A few callers with connections of their own that ask at a steady rate until ended."""

    def __init__(self, folder: Path, where: int | str, rate: float = 100, callers: int = 4) -> None:
        """Take the caller's files in `folder`.

        Args:
            folder: Of the deployment.
            where: A port of this machine; or an address, and then every second caller connects
                anew for each request.
            rate: Requests per second of all together.
            callers: How many there are.
        """
        self._anew = isinstance(where, str)
        self.seen = Seen()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        address = f"http://127.0.0.1:{where}" if isinstance(where, int) else where
        self._url = f"{address}/predict"
        name, _, value = (folder / "auth-header").read_text().strip().partition(": ")
        self.headers = {name: value, "content-type": "application/json"}
        self._body = (folder / "request.json").read_bytes()
        self._pause = callers / rate
        self._threads = [
            threading.Thread(target=self._call, args=[self._anew and bool(number % 2)])
            for number in range(callers)
        ]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _call(self, anew: bool) -> None:
        headers = {**self.headers, "connection": "close"} if anew else self.headers
        with httpx.Client(trust_env=False, timeout=20, headers=headers) as client:
            due = time.monotonic()
            while not self._ended.is_set():
                status, version = 0, ""
                try:
                    answer = client.post(self._url, content=self._body)
                    status = answer.status_code
                    version = answer.headers.get("x-modelport-version", "")
                except httpx.HTTPError:
                    pass
                with self._lock:
                    self.seen.statuses[status] += 1
                    self.seen.versions[version] += 1
                due += self._pause
                self._ended.wait(max(0.0, due - time.monotonic()))


def main(url: str, folder: str, rate: str, host: str = "") -> None:
    """Call until the input ends, then print what was seen."""
    callers = Callers(Path(folder), url, float(rate))
    if host:
        callers.headers["host"] = host
    with callers:
        print("calling", flush=True)  # noqa: T201
        sys.stdin.read()
    print(json.dumps([callers.seen.statuses, callers.seen.versions]))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
