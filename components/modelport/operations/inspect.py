"""Inspect: what is live, what it said and what it answers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx

from modelport.bundles import bento_path, find
from modelport.errors import ModelportError, ServiceError
from modelport.home import Home
from modelport.live import Answer, Caller, Expected, prove, prove_at, service_of
from modelport.operations.session import check_config, open_session
from modelport.provider.docker_live import follow_command, last_lines
from modelport.provider.local_files import AUTH_HEADER, LOG, REQUEST, write_caller_files
from modelport.provider.local_live import described, reachable_url
from modelport.verify import NOT_VERIFIED, bearer_header
from modelport_serving.oidc import Oidc
from modelport_serving.record import BundleRecord, read_golden

LOCAL = "local"
DOCKER = "docker"
_PATIENCE = 60.0
"""Seconds for a service that is changing just now; an update has waited for it already."""
_ANSWER_SECONDS = 60.0


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
            detail = check_live(home, stack, name, output, record)
        except ModelportError as error:
            healthy, detail = False, str(error)
        found.append(
            Status(name, output["bundle"], output["version"], output["url"], healthy, detail)
        )
    return found


def check_live(
    home: Home, stack: str, name: str, output: Mapping[str, Any], record: BundleRecord
) -> str:
    """Prove that a deployment serves `record`; says what was proved, or why nothing can be.

    Args:
        home: The project's home.
        stack: Stack name.
        name: Deployment name.
        output: What the stack's program exported for it.
        record: What it should serve.

    Raises:
        ServiceError: it does not answer, serves another version or answers differently.
    """
    if home.offline:
        return NOT_VERIFIED
    golden = read_golden(bento_path(home, record.name, record.version) / "src")
    if kind_of(output) != LOCAL:
        service = service_of(kind_of(output))(output["names"])
        expected = Expected(revision=output["revision"])
        return prove(
            service,
            expected,
            record,
            golden,
            _caller(output),
            timeout=_PATIENCE,
            status=lambda _text: None,
        )
    caller = _caller({**output, "key": read_key(home.deployment(stack, name))})
    return prove_at(output["url"], record, golden, caller)


def _caller(output: Mapping[str, Any]) -> Caller:
    """Who asks a deployment, by what the stack's program exported for it."""
    oidc = output.get("oidc")
    return Caller(output.get("key"), Oidc.model_validate(oidc) if oidc else None)


def kind_of(output: Mapping[str, Any]) -> str:
    """Kind of target of a deployment; what was deployed before there were others is local."""
    return str(output.get("kind", LOCAL))


def keep_caller_files(
    home: Home, stack: str, name: str, output: Mapping[str, Any], record: BundleRecord
) -> None:
    """Write what the printed line of a cloud's deployment uses; a local one has its own."""
    if home.offline or kind_of(output) == LOCAL:
        return
    folder = home.deployment(stack, name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    golden = read_golden(bento_path(home, record.name, record.version) / "src")
    write_caller_files(folder, output.get("key"), golden)


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
    if not home.offline and check_config(home, stack).deployments[name].kind == DOCKER:
        yield from last_lines(_output(home, stack, name)["names"], count)
        return
    path = log_path(home, stack, name)
    yield from path.read_text(errors="replace").splitlines()[-count:]


def log_path(home: Home, stack: str, name: str) -> Path:
    """Where the deployment's log is.

    Raises:
        ServiceError: there is none; the message names the deployments that have one.
    """
    path = home.deployment(stack, name) / LOG
    if check_config(home, stack).deployments[name].kind == DOCKER:
        shown = follow_command(_output(home, stack, name)["names"])
        raise ServiceError(f"{name} keeps its log on its engine; follow it with: {shown}")
    if not path.is_file() and check_config(home, stack).deployments[name].kind != LOCAL:
        shown = _output(home, stack, name)["log"]
        raise ServiceError(f"{name} keeps its log on its platform; see it with: {shown}")
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
    config = check_config(home, stack).deployments[name]
    if config.kind == LOCAL:
        answered = _ask_local(home, stack, name, body, config.oidc)
    else:
        answered = _ask_cloud(home, stack, name, body)
    try:
        answer = cast("dict[str, Any]", json.loads(answered.body))
    except ValueError:
        shown = answered.body[:200].decode(errors="replace")
        raise ServiceError(f"{name} answered {answered.status}: {shown}") from None
    if not 200 <= answered.status < 300:
        problems = "".join(
            f"\n  {item.get('path', '')}: {item.get('detail', '')}"
            for item in answer.get("errors", [])
        )
        raise ServiceError(f"{name} refused: {answer.get('detail', answer)}{problems}")
    return answer


def _ask_local(home: Home, stack: str, name: str, body: str | None, oidc: Oidc | None) -> Answer:
    folder = home.deployment(stack, name)
    url = _url(folder, stack, name)
    text = body if body is not None else (folder / REQUEST).read_text()
    key = Caller(read_key(folder), oidc).bearer()
    headers = {"content-type": "application/json", **bearer_header(key)}
    try:
        with httpx.Client(trust_env=False, timeout=35) as client:
            response = client.post(f"{url}/predict", content=text, headers=headers)
    except httpx.HTTPError as error:
        raise ServiceError(f"{url} does not answer: {type(error).__name__}: {error}") from None
    return Answer(response.status_code, response.content, dict(response.headers))


def _ask_cloud(home: Home, stack: str, name: str, body: str | None) -> Answer:
    output = _output(home, stack, name)
    if body is None:
        golden = read_golden(bento_path(home, output["bundle"], output["version"]) / "src")
        body = json.dumps({"instances": [list(golden.instances[0])]})
    service = service_of(kind_of(output))(output["names"])
    return service.ask(body.encode(), _caller(output).bearer(), _ANSWER_SECONDS)


def _output(home: Home, stack: str, name: str) -> dict[str, Any]:
    """What the stack's program exported for a deployment."""
    if home.offline:
        raise ServiceError(f"{name} is offline in stack {stack}; nothing answers there")
    outputs = open_session(home, stack).endpoints()
    if name not in outputs:
        message = f"{name} is not deployed in stack {stack}; deploy it with 'modelport up'"
        raise ServiceError(message)
    return outputs[name]


def _url(folder: Path, stack: str, name: str) -> str:
    found = described(folder)
    if found is None:
        message = f"{name} is not running in stack {stack}; deploy it with 'modelport up'"
        raise ServiceError(message)
    return reachable_url(found["host"], found["port"])
