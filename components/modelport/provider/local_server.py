"""modelport:local:Server: a bundle served by supervised processes on this machine."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from modelport.config import CanaryRollout
from modelport.errors import BundleError, ServiceError
from modelport.home import Home
from modelport.live.caller import TOKEN_HEADER, Caller, prove_at
from modelport.provider.built import built
from modelport.provider.handler import Context, Handler, Outputs
from modelport.provider.local_cpus import default_workers
from modelport.provider.local_files import (
    AUTH_HEADER,
    LOG,
    REQUEST,
    has_caller_files,
    log_tail,
    remove_files,
    write_caller_files,
    write_settings,
)
from modelport.provider.local_inputs import LocalServerInputs
from modelport.provider.local_live import described, reachable_url, stop_supervisor
from modelport.provider.local_rollout import roll_out
from modelport.provider.releases import released
from modelport.supervisor.control import Control, ControlError, Message
from modelport.supervisor.launch import launch
from modelport.verify import NOT_VERIFIED
from modelport_serving.record import BundleRecord, Golden


class LocalServerHandler(Handler[LocalServerInputs]):
    """One supervisor for each server; a new version is proved in private before it is promoted."""

    token = "modelport:local:Server"
    inputs = LocalServerInputs
    replaces = frozenset({"stack", "deployment"})
    secret = frozenset({"api_key"})

    def create(self, context: Context, inputs: LocalServerInputs) -> tuple[str, Outputs]:
        """Start, check and verify; on failure nothing is left but the log."""
        folder = _folder(context.home, inputs)
        try:
            outputs = _deploy(context, inputs, [])
        except ServiceError as error:
            stop_supervisor(folder)
            message = f"{error}{log_tail(folder, context.home.project)}"
            remove_files(folder, keep_log=True)
            raise ServiceError(message) from None
        return inputs.resource_id, outputs

    def read(
        self, context: Context, resource_id: str, inputs: LocalServerInputs, outputs: Outputs
    ) -> Outputs | None:
        """The server as its supervisor describes it; `status` says when it does not run."""
        del resource_id
        status, version = _live(_folder(context.home, inputs), inputs)
        return {**outputs, "status": status, "serving": version}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: LocalServerInputs,
        new: LocalServerInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Swap to `new`; on failure the server of `old` goes on as it was."""
        del resource_id
        folder = _folder(context.home, new)
        releases = list(outputs.get("releases", []))
        status, _ = _live(folder, old)
        if status == "running" and _serves_alike(old, new):
            return outputs
        moved = (old.host, old.port) != (new.host, new.port)
        try:
            if moved:
                stop_supervisor(folder)
            return _deploy(context, new, releases)
        except ServiceError as error:
            tail = log_tail(folder, context.home.project)
            kept = _restore(context, old, moved=moved)
            message = f"{error}; {kept}{tail}"
            raise ServiceError(message) from None

    def delete(self, context: Context, resource_id: str, inputs: LocalServerInputs) -> None:
        """Stop every process and remove every file."""
        del resource_id
        folder = _folder(context.home, inputs)
        stop_supervisor(folder)
        remove_files(folder)

    def invented(self, inputs: LocalServerInputs) -> Outputs:
        """The address where it would be; nothing listens there."""
        return {
            "url": reachable_url(inputs.host, inputs.port),
            "call": NOT_VERIFIED,
            "log": NOT_VERIFIED,
            "status": "offline",
            "serving": inputs.version,
            "verified": NOT_VERIFIED,
            "releases": [],
        }

    def offline_id(self, inputs: LocalServerInputs) -> str:
        """As a real one."""
        return inputs.resource_id

    def drift(
        self, context: Context, resource_id: str, inputs: LocalServerInputs, outputs: Outputs
    ) -> frozenset[str]:
        """`status` when the server does not run as its inputs say, or its files are gone."""
        del resource_id, outputs
        folder = _folder(context.home, inputs)
        status, _ = _live(folder, inputs)
        whole = status == "running" and has_caller_files(folder, inputs.api_key)
        return frozenset() if whole else frozenset({"status"})


def _folder(home: Home, inputs: LocalServerInputs) -> Path:
    return home.deployment(inputs.stack, inputs.deployment)


def _deploy(context: Context, inputs: LocalServerInputs, releases: list[dict[str, str]]) -> Outputs:
    """`_bring_up`, with what the machine refuses (a full disk, a missing right) as one sentence."""
    try:
        return _bring_up(context, inputs, releases)
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        message = f"the machine refused: {error.strerror}{named}"
        raise ServiceError(message) from None


def _bring_up(
    context: Context, inputs: LocalServerInputs, releases: list[dict[str, str]]
) -> Outputs:
    """Bring the endpoint to `inputs`: supervisor, private check, promotion, public check.

    `releases` is what was live before; a version among it goes back at once, unwatched.
    """
    folder = _folder(context.home, inputs)
    record, golden, bento = built(context.home, inputs.bundle, inputs.version)
    control = _supervisor(folder, inputs)
    with control:
        control.ask("limit", log_bytes=inputs.log_bytes)
        settings = write_settings(folder, inputs.settings())
        context.status(f"starting {record.name}@{record.version[:8]}")
        generation = _start(control, inputs, bento, settings)
        if generation["state"] != "ready":
            raise ServiceError(_refused(record, generation))
        check = _checker(generation, record, golden, inputs.caller)
        try:
            context.status("checking golden answers")
            check()
            known = any(release["version"] == inputs.version for release in releases)
            seen = "" if known else _roll_out(context, control, generation, inputs, check)
            control.ask("promote", number=generation["number"], timeout=60)
        except (ServiceError, ControlError) as error:
            _discard(control, generation)
            raise ServiceError(str(error)) from None
    write_caller_files(folder, inputs.api_key, golden)
    url = reachable_url(inputs.host, inputs.port)
    verified = prove_at(url, record, golden, inputs.caller)
    proof = f"{verified}; {seen}" if seen else verified
    return _outputs(context.home, folder, inputs) | {
        "verified": proof,
        "releases": released(releases, inputs.version),
    }


def _checker(
    generation: Message, record: BundleRecord, golden: Golden, caller: Caller
) -> Callable[[], None]:
    """Asks every worker of a generation for its golden answers, at its private address."""

    def check() -> None:
        for worker in generation["workers"]:
            prove_at(f"http://{worker['address']}", record, golden, caller)

    return check


def _roll_out(
    context: Context,
    control: Control,
    generation: Message,
    inputs: LocalServerInputs,
    check: Callable[[], None],
) -> str:
    """Watch a new version under real traffic, when that is asked for and another one is live."""
    if isinstance(inputs.rollout, str):
        return ""
    generations = control.ask("status")["generations"]
    live = [item for item in generations if item["state"] == "live"]
    if not live or live[-1]["version"] == inputs.version:
        return ""
    rollout = inputs.rollout
    watched = rollout.canary if isinstance(rollout, CanaryRollout) else rollout.shadow
    return roll_out(control, generation["number"], watched, check, context.status)


def _discard(control: Control, generation: Message) -> None:
    """End a generation that is not wanted, and wait until it has ended."""
    try:
        control.ask("discard", number=generation["number"], timeout=60)
    except ControlError:
        return  # the supervisor is gone, and the generation with it


def _serves_alike(old: LocalServerInputs, new: LocalServerInputs) -> bool:
    """Whether nothing changes for a server that runs: such inputs are for the next version."""
    later = {"rollout": old.rollout, "start_timeout": old.start_timeout}
    return new.model_copy(update=later) == old


def _supervisor(folder: Path, inputs: LocalServerInputs) -> Control:
    """A connection to the deployment's supervisor, started when none listens as asked."""
    status = described(folder)
    if status is not None and (status["host"], status["port"]) != (inputs.host, inputs.port):
        stop_supervisor(folder)
        status = None
    if status is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        launch(folder, inputs.host, inputs.port)
    try:
        return Control(folder)
    except ControlError as error:
        raise ServiceError(str(error)) from None


def _start(control: Control, inputs: LocalServerInputs, bento: Path, settings: Path) -> Message:
    try:
        return control.ask(
            "start",
            timeout=inputs.start_timeout + 10,
            version=inputs.version,
            argv=[
                sys.executable, "-m", "modelport_serving.worker",
                "--bento", str(bento),
                "--fd", "{private}",
                "--public-fd", "{public}",
                "--control-fd", "{control}",
            ],
            environment=_environment(bento, settings),
            workers=inputs.workers or default_workers(),
            memory_bytes=inputs.memory_bytes,
            start_timeout=inputs.start_timeout,
        )  # fmt: skip
    except ControlError as error:
        raise ServiceError(str(error)) from None


def _environment(bento: Path, settings: Path) -> dict[str, str]:
    """What a worker sees: no variable of ours but these, so no secret of the caller's."""
    kept = {
        key: os.environ[key]
        for key in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "BENTOML_HOME", "TZ")
        if key in os.environ
    }
    store = bento.parent.parent.parent
    return kept | {
        "BENTOML_HOME": str(store),
        "MODELPORT_SETTINGS": str(settings),
        "PYTHONPATH": str(bento / "src"),  # the bundle's own copy of the runtime
        "PROMETHEUS_MULTIPROC_DIR": "{metrics}",  # one folder for all workers of a generation
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
    }


def _refused(record: BundleRecord, generation: Message) -> str:
    return f"{record.name}@{record.version} did not start: {generation['reason']}"


def _outputs(home: Home, folder: Path, inputs: LocalServerInputs) -> Outputs:
    here = folder.relative_to(home.project)
    key = f"-H @{here / AUTH_HEADER} " if inputs.api_key else TOKEN_HEADER if inputs.oidc else ""
    url = reachable_url(inputs.host, inputs.port)
    return {
        "url": url,
        "call": f"curl {key}--json @{here / REQUEST} {url}/predict",
        "log": str(here / LOG),
        "status": "running",
        "serving": inputs.version,
    }


def _live(folder: Path, inputs: LocalServerInputs) -> tuple[str, str]:
    """How the server runs (`running`, `stopped`, `changed`) and which version it serves."""
    status = described(folder)
    if status is None:
        return "stopped", ""
    live = [item for item in status["generations"] if item["state"] == "live"]
    if not live:
        return "stopped", ""
    version = str(live[-1]["version"])
    workers = inputs.workers or default_workers()
    wanted = (inputs.version, workers, inputs.host, inputs.port)
    found = (version, len(live[-1]["workers"]), status["host"], status["port"])
    return ("running" if found == wanted else "changed"), version


def _restore(context: Context, old: LocalServerInputs, *, moved: bool) -> str:
    """Make sure that the old version serves; says so, or that it does not."""
    folder = _folder(context.home, old)
    status, version = _live(folder, old)
    if status == "running" and not moved:
        with contextlib.suppress(OSError):  # a full disk keeps the old file anyway
            write_settings(folder, old.settings())
        return f"{old.bundle}@{version} goes on serving"
    try:
        _deploy(context, old, [{"version": old.version}])
    except (ServiceError, BundleError) as error:
        return f"and {old.bundle}@{old.version} could not be started again: {error}"
    return f"{old.bundle}@{old.version} was started again"
