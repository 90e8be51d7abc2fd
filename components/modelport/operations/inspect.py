"""Inspect: what is live, what it said and what it answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx

from modelport.bundles import bento_path, find
from modelport.errors import ModelportError, ServiceError
from modelport.home import Home
from modelport.operations.session import open_session
from modelport.provider.local_files import AUTH_HEADER, LOG, REQUEST
from modelport.provider.local_live import described, reachable_url
from modelport.verify import NOT_VERIFIED, verify
from modelport_serving.record import BundleRecord, read_golden


@dataclass(frozen=True, slots=True)
class Status:
    """One deployment as it is now."""

    name: str
    """Deployment name."""
    bundle: str
    """Bundle name."""
    version: str
    """Version that should be live."""
    url: str
    """Base address."""
    healthy: bool
    """Whether it named this version and repeated its golden answers just now."""
    detail: str
    """What was proved, or why it is not healthy."""


def status(home: Home, stack: str) -> list[Status]:
    """Ask every deployment of the stack for its golden answers.

    Raises:
        ConfigError: the stack's file is not valid.
        EngineError: the engine does not open the stack.
    """
    session = open_session(home, stack)
    found: list[Status] = []
    for name, output in session.endpoints().items():
        healthy, detail = True, ""
        try:
            record = find(home, output["bundle"], output["version"])
            detail = check_live(home, stack, name, output["url"], record)
        except ModelportError as error:
            healthy, detail = False, str(error)
        found.append(
            Status(name, output["bundle"], output["version"], output["url"], healthy, detail)
        )
    return found


def check_live(home: Home, stack: str, name: str, url: str, record: BundleRecord) -> str:
    """Prove that `url` serves `record`; says what was proved, or that offline nothing can be.

    Raises:
        ServiceError: it does not answer, serves another version or answers differently.
    """
    if home.offline:
        return NOT_VERIFIED
    golden = read_golden(bento_path(home, record.name, record.version) / "src")
    return str(verify(url, record, golden, read_key(home.deployment(stack, name))))


def live_version(home: Home, stack: str, name: str) -> str | None:
    """Version that a local deployment serves now; none when it does not run."""
    found = described(home.deployment(stack, name))
    generations = found["generations"] if found else []
    live = [item["version"] for item in generations if item["state"] == "live"]
    return str(live[-1]) if live else None


def read_key(folder: Path) -> str | None:
    """The API key in a deployment's folder; none when it needs none."""
    try:
        line = (folder / AUTH_HEADER).read_text()
    except FileNotFoundError:
        return None
    return line.strip().removeprefix("Authorization: Bearer ")


def log_lines(home: Home, stack: str, name: str, count: int) -> Iterator[str]:
    """The last `count` lines of a deployment's log.

    Raises:
        ServiceError: there is no log; the message names the deployments that have one.
    """
    path = log_path(home, stack, name)
    yield from path.read_text(errors="replace").splitlines()[-count:]


def log_path(home: Home, stack: str, name: str) -> Path:
    """Where the deployment's log is.

    Raises:
        ServiceError: there is none; the message names the deployments that have one.
    """
    path = home.deployment(stack, name) / LOG
    if not path.is_file():
        known = sorted(log.parent.name for log in (home.work / stack).glob(f"*/{LOG}"))
        raise ServiceError(
            f"no log of {name} in stack {stack}; logs here: {', '.join(known) or 'none'}"
        )
    return path


def predict(home: Home, stack: str, name: str, body: str | None) -> dict[str, Any]:
    """Send one request to a deployment and return its answer.

    Args:
        home: The project's home.
        stack: Stack name.
        name: Deployment name.
        body: JSON text of the request; the deployment's example when none.

    Raises:
        ServiceError: it is not deployed, does not answer, or refuses the request.
    """
    folder = home.deployment(stack, name)
    url = _url(folder, stack, name)
    text = body if body is not None else (folder / REQUEST).read_text()
    key = read_key(folder)
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    try:
        with httpx.Client(trust_env=False, timeout=35) as client:
            response = client.post(f"{url}/predict", content=text, headers=headers)
    except httpx.HTTPError as error:
        raise ServiceError(f"{url} does not answer: {type(error).__name__}: {error}") from None
    answer = cast("dict[str, Any]", json.loads(response.text))
    if not response.is_success:
        problems = "".join(
            f"\n  {item.get('path', '')}: {item.get('detail', '')}"
            for item in answer.get("errors", [])
        )
        raise ServiceError(f"{name} refused: {answer.get('detail', response.text)}{problems}")
    return answer


def _url(folder: Path, stack: str, name: str) -> str:
    found = described(folder)
    if found is None:
        message = f"{name} is not running in stack {stack}; deploy it with 'modelport up'"
        raise ServiceError(message)
    return reachable_url(found["host"], found["port"])
