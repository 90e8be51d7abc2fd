"""A Heroku on this machine: real HTTP, Heroku's own schema, releases that take their time or fail.

With `with FakeHeroku() as fake:` in a test, whose clients get `fake.address` as
`MODELPORT_HEROKU_ENDPOINT` and `fake.key` as `HEROKU_API_KEY`; or as a process:
`python tests/fakes/heroku.py --port 8086`.
"""

import argparse
import json
import re
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.heroku_rules import Link, Refused, link_of, missing, variant_of
from fakes.heroku_state import Body, State, written_app, written_process, written_release
from fakes.served import Handler, Served

KEY = "HRKU-0f9a7c1e-fake-key-of-the-tests"
Moment = Literal["lost", "unanswered"]
"""Whether a request was not served, or served without an answer."""


class FakeHeroku(Served):
    """The server; `state` is what it knows, and outlives every client."""

    def __init__(self, *, port: int = 0, page: int = 200) -> None:
        self.state = State()
        self.key = KEY
        self.requests: list[str] = []
        """Method and path of every request."""
        self.refusals: list[tuple[str, Refused]] = []
        """Answers to the next requests whose method and path match a pattern."""
        self._page = page
        self._strike: tuple[str, Moment, Callable[[], None]] | None = None
        self._lock = threading.Lock()
        super().__init__(_handler(self), port=port)

    def strike(self, request: str, moment: Moment, action: Callable[[], None]) -> None:
        """Do something at the next request that matches a pattern, e.g. kill the client."""
        with self._lock:
            self._strike = (request, moment, action)

    def struck(self, method: str, path: str) -> tuple[Moment, Callable[[], None]] | None:
        """Note a request; what is to happen at it."""
        with self._lock:
            self.requests.append(f"{method} {path}")
            if self._strike is None or not re.search(self._strike[0], f"{method} {path}"):
                return None
            strike, self._strike = self._strike, None
            return strike[1:]

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        """Answer one request: status, JSON, headers."""
        with self._lock:
            self.state.tick()
            for item in self.refusals:
                if re.search(item[0], f"{method} {path}"):
                    self.refusals.remove(item)
                    return item[1].code, item[1].body, {}
            try:
                return self._served(method, path, headers, body)
            except Refused as refused:
                return refused.code, refused.body, {}

    def _served(
        self, method: str, path: str, headers: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        variant = variant_of(headers.get("accept", ""))
        if headers.get("authorization") != f"Bearer {self.key}":
            raise Refused(401, "unauthorized", "Invalid credentials provided.")
        link, parameters = link_of(method, path)
        link.check(body, variant)
        answer = self._call(link, parameters, body)
        link.check_answer(answer)
        if isinstance(answer, list):
            return self._paged(answer, headers.get("range", ""))
        return (201 if method == "POST" else 200), answer, {}

    def _paged(self, items: list[Any], span: str) -> tuple[int, list[Any], dict[str, str]]:
        """A page of a list, and where the next one begins."""
        match = re.fullmatch(r"(\w+) (\]?)([^.;]*)\.\.(?:; max=(\d+))?(?:, ?order=(desc))?", span)
        if span and match is None:
            raise Refused(416, "requested_range_not_satisfiable", f"Invalid range: {span}")
        key, _, start, given, order = match.groups() if match else ("id", "", "", None, "")
        most = min(int(given or self._page), self._page)
        items = sorted(items, key=lambda item: item[key], reverse=order == "desc")
        if start:
            items = items[[str(item[key]) for item in items].index(start) + 1 :]
        if len(items) <= most:
            return 200, items, {}
        tail = ", order=desc" if order else ""
        following = f"{key} ]{items[most - 1][key]}..; max={most}{tail}"
        return 206, items[:most], {"next-range": following}

    def _call(self, link: Link, parameters: list[str], body: Body) -> Any:
        state = self.state
        name = f"{link.resource} {link.title}"
        if name == "app Create":
            return state.create_app(body)
        if name == "team-app Create":
            return state.create_app(body, body.get("team"))
        app = state.app(parameters[0])
        calls: dict[str, Callable[[], Any]] = {
            "app Info": lambda: written_app(app),
            "app Update": lambda: state.update_app(app, body),
            "app Delete": lambda: state.delete_app(app),
            "app Enable ACM": lambda: state.set_acm(app, on=True),
            "app Disable ACM": lambda: state.set_acm(app, on=False),
            "config-var Info for App": lambda: app.newest.variables,
            "config-var Update": lambda: state.update_variables(app, body),
            "formation List": lambda: [written_process(app, kind) for kind in app.formation],
            "formation Batch Update": lambda: state.update_formation(app, body["updates"]),
            "formation Update": lambda: state.update_process(app, parameters[1], body),
            "release List": lambda: [written_release(app, item) for item in app.releases],
            "release Info": lambda: self._release(parameters),
            "release Rollback": lambda: state.roll_back(app, body),
            "dyno List": lambda: state.dynos(app),
        }
        if name not in calls:
            raise missing("route")
        return calls[name]()

    def _release(self, parameters: list[str]) -> Body:
        app = self.state.app(parameters[0])
        for release in app.releases:
            if parameters[1] in {release.id, str(release.version)}:
                return written_release(app, release)
        raise missing("release")


def _handler(fake: FakeHeroku) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            text = self.body()
            struck = fake.struck(self.command, self.path)
            moment, action = struck or ("", None)
            if action and moment == "lost":
                action()
                self.close_connection = True
                return
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = json.loads(text) if text else None
            code, content, more = fake.answer(self.command, self.path, headers, body)
            if action:
                action()
                self.close_connection = True
                return
            self.send(code, content, {**more, "content-type": "application/json; charset=utf-8"})

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    return Answering


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    fake = FakeHeroku(port=parser.parse_args().port)
    print(fake.address, flush=True)  # noqa: T201 - a program's output
    fake.serve()


if __name__ == "__main__":
    main()
