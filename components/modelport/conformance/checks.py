"""Checks: one function for each rule; what it saw, whether that is enough, and the fix."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from modelport.conformance.image_checks import Seen, check_image
from modelport.conformance.rules import Rule
from modelport.conformance.server import Server, Subject
from modelport.conformance.starts import Start
from modelport.errors import ServiceError
from modelport.images.docker import image_facts
from modelport.verify import VERSION_HEADER, Verification, check_answer, golden_body

_POLL = 0.05
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - what servers should listen on
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Case:
    """One server under one rule."""

    rule: Rule
    start: Start
    subject: Subject
    server: Server

    def client(self) -> httpx.Client:
        """A client that gives up when the platform does."""
        return httpx.Client(
            base_url=self.server.url, timeout=self.rule.seconds or 60, trust_env=False
        )

    @property
    def body(self) -> bytes:
        """The golden requests."""
        return json.dumps(golden_body(self.subject.golden)).encode()

    def padded(self, size: int) -> bytes:
        """The golden requests in so many bytes; JSON allows spaces behind it."""
        return self.body.ljust(size)

    def compare(self, where: str, status: int, version: str | None, text: str) -> Verification:
        """Compare an answer to the golden requests with what the evaluated model answered.

        Raises:
            ServiceError: it is another answer, or none.
        """
        subject = self.subject
        return check_answer(
            where, status, version, text, subject.record, subject.golden, unnamed=True
        )


def listen(case: Case) -> Seen:
    """Whether it listens on the platform's port in time."""
    server, seconds = case.server, case.rule.seconds or 60
    while time.monotonic() - server.began < seconds:
        status = server.running.status()
        if status is not None:
            return Seen("fail", f"it ended with status {status}: {_end(case)}")
        listening = server.running.listening()
        if any(port == server.port for _, port in listening):
            after = time.monotonic() - server.began
            return Seen("pass", f"listens on {server.port} after {after:.1f} s")
        if listening and time.monotonic() - server.began > _SETTLED:
            ports = ", ".join(str(port) for _, port in listening)
            said = f"listens on {ports} and not on {server.port}; {case.start.port_fix}"
            return Seen("fail", said)
        time.sleep(_POLL)
    return Seen("fail", f"listens nowhere after {seconds:g} s: {_end(case)}")


_SETTLED = 10.0
"""Seconds after which a server that listens elsewhere is not expected to listen here as well."""


def address(case: Case) -> Seen:
    """Whether it is reached from outside the container."""
    own = [host for host, port in case.server.running.listening() if port == case.server.port]
    if any(host in _EVERYWHERE for host in own):
        return Seen("pass", f"listens on {', '.join(own)}")
    return Seen("fail", f"listens on {', '.join(own)} only; bind 0.0.0.0")


def health(case: Case) -> Seen:
    """Whether every health path answers 200, once ready, as fast as is asked for."""
    slowest = 0.0
    with case.client() as client:
        for path in case.start.health:
            try:
                _until_ready(case, path)
                began = time.monotonic()
                status = client.get(path).status_code
            except httpx.HTTPError as error:
                return Seen("fail", f"GET {path} is not answered: {error}")
            slowest = max(slowest, time.monotonic() - began)
            if status != HTTPStatus.OK:
                return Seen("fail", f"GET {path} answers {status}; answer 200 once it can predict")
    return Seen("pass", f"GET {', '.join(case.start.health)}: 200 in {slowest * 1000:.0f} ms")


def predict(case: Case) -> Seen:
    """Whether the golden requests are answered on the platform's path as the model answered."""
    path, began = case.start.predict, time.monotonic()
    try:
        with case.client() as client:
            answer = client.post(path, content=case.body, headers=_JSON)
        version = answer.headers.get(VERSION_HEADER)
        found = case.compare(f"POST {path}", answer.status_code, version, answer.text)
    except httpx.HTTPError as error:
        return Seen("fail", f"POST {path} is not answered: {type(error).__name__} {error}".strip())
    except ServiceError as error:
        return Seen("fail", str(error))
    return Seen("pass", f"POST {path}: {found} in {(time.monotonic() - began) * 1000:.0f} ms")


def payload(case: Case) -> Seen:
    """Whether the largest body is taken and a larger one gets 413."""
    limit = case.server.body_limit
    if limit is None:
        return Seen("not tested", "the platform's limit is beyond what any server here takes")
    sent = case.padded(limit)
    try:
        with case.client() as client:
            taken = client.post(case.start.predict, content=sent, headers=_JSON).status_code
            larger = client.post(case.start.predict, content=sent + b" ", headers=_JSON).status_code
    except httpx.HTTPError as error:
        return Seen("fail", f"a body of {limit} bytes is not answered: {error}")
    if taken != HTTPStatus.OK:
        return Seen("fail", f"a body of {limit} bytes gets {taken}; raise the server's own limit")
    if case.subject.command:
        return Seen("pass", f"a body of {limit} bytes is taken")
    if larger != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Seen("fail", f"a body of {limit + 1} bytes gets {larger} and not 413")
    return Seen("pass", f"{limit} bytes are taken, one more gets 413")


def drain(case: Case) -> Seen:
    """Whether a request under way at SIGTERM is answered, and the process ends in time."""
    server, seconds = case.server, case.rule.seconds or 30
    body = case.body
    head = (
        f"POST {case.start.predict} HTTP/1.1\r\nhost: check\r\nconnection: close\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", server.reached), timeout=seconds) as sock:
            sock.sendall(head.encode() + body[: len(body) // 2])
            time.sleep(0.5)  # until it is under way
            server.running.terminate()
            began = time.monotonic()
            time.sleep(0.5)
            sock.sendall(body[len(body) // 2 :])
            with sock.makefile("rb") as answer:
                line = answer.readline().decode(errors="replace").strip()
    except OSError as error:
        return Seen("fail", f"a request under way at SIGTERM is cut: {error}; finish it first")
    if " 200" not in line:
        said = line or "nothing"
        return Seen("fail", f"a request under way at SIGTERM gets {said!r}; finish it first")
    if not server.running.ended(seconds):
        return Seen("fail", f"still runs {seconds:g} s after SIGTERM; end on it")
    after = time.monotonic() - began
    return Seen("pass", f"the request under way was answered; ended {after:.1f} s after SIGTERM")


def image_seen(kind: str, subject: Subject) -> Seen:
    """What Docker here says of the subject's image; nothing needs to run for it."""
    if not subject.image:
        return Seen("not tested", "no image was checked: only the server inside it")
    return check_image(kind, image_facts(subject.image))


def image(case: Case) -> Seen:
    """Whether the image is what the platform takes, as far as Docker here knows."""
    return image_seen(case.rule.kind, case.subject)


CHECKS: dict[str, Callable[[Case], Seen]] = {
    "listen": listen,
    "address": address,
    "health": health,
    "predict": predict,
    "payload": payload,
    "drain": drain,
    "image": image,
}
"""By the rule's name; rules that are not here are not tested, and `page.py` says why."""


def _until_ready(case: Case, path: str) -> None:
    """Wait while the model is loaded: the platform asks again as well."""
    deadline = case.server.began + _LOADING
    while time.monotonic() < deadline and case.server.running.status() is None:
        try:
            if httpx.get(f"{case.server.url}{path}", timeout=5, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(_POLL)


_LOADING = 60.0
"""Seconds in which a model is expected to be loaded."""


def _end(case: Case) -> str:
    return case.server.running.last_words() or "it said nothing"
