"""Up: build what is missing, deploy it, and prove that it answers."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi import automation as auto

from modelport.bundles import build, find
from modelport.config import Deployment
from modelport.errors import EngineError, ModelportError
from modelport.home import Home
from modelport.operations.events import Watcher
from modelport.operations.inspect import check_live, keep_caller_files, live_version
from modelport.operations.recorded import refuse_over_limit
from modelport.operations.recover import recover
from modelport.operations.session import Session, last_error, open_session
from modelport_serving.record import BundleRecord

Show = Callable[[str, float], None]
_BUILD_SHARE = 0.6
"""Share of the progress bar that building takes."""


@dataclass(frozen=True, slots=True)
class Live:
    """One deployment that is live and was proved to answer."""

    name: str
    """Deployment name."""
    url: str
    """Base address."""
    call: str
    """A shell command that asks for one prediction."""
    log: str
    """Path of the log."""
    record: BundleRecord
    """What it serves."""
    verified: str
    """What was proved."""


@dataclass(frozen=True, slots=True)
class UpResult:
    """What an update did."""

    changes: dict[str, int]
    """Resources by what happened to them; empty: no changes."""
    live: list[Live]
    """Every deployment, read back."""
    advice: list[str]
    """What advisory policies said."""
    offline: bool
    """Whether nothing real was made or asked."""


def up(home: Home, stack: str, show: Show) -> UpResult:
    """Bring the stack to what its file says.

    Args:
        home: The project's home.
        stack: Stack name.
        show: Told each step and the fraction that is done.

    Raises:
        ConfigError: the stack's file is not valid; nothing was touched.
        GateRefused: a model did not pass; what was live stays.
        EngineError: the stack would cost more than its limit, and nothing was touched; or the
            update failed, and the message says why and what still serves.
        ServiceError: the update ended, but a service does not answer as it should.
    """
    session = open_session(home, stack, lambda text, done: show(text, done * 0.1), deploys=True)
    build_missing(home, stack, session.config.deployments, _scaled(show, 0.1, _BUILD_SHARE))
    recover(session.home, session.engine)
    refuse_over_limit(session, _scaled(show, _BUILD_SHARE, _BUILD_SHARE))
    watcher = Watcher(_scaled(show, _BUILD_SHARE, 0.95))
    try:
        done = session.engine.up(on_event=watcher, color="never", suppress_progress=True)
    except auto.CommandError as error:
        raise EngineError(watcher.failure(last_error(error))) from None
    show("reading back", 0.97)
    result = UpResult(
        dict(watcher.changes),
        _read_back(session, done.outputs),
        watcher.advice,
        offline=bool(home.offline),
    )
    show("offline" if result.offline else "live", 1)
    return result


def build_missing(
    home: Home, stack: str, deployments: dict[str, Deployment], show: Show
) -> dict[str, BundleRecord]:
    """Train, gate and build the bundle of every deployment that names no digest.

    Raises:
        GateRefused: with the table of scores.
        BundleError: a bundle cannot be trained or built.
    """
    built: dict[str, BundleRecord] = {}
    refusals: list[ModelportError] = []
    for index, (name, deployment) in enumerate(deployments.items()):
        if deployment.bundle_version is not None:
            continue  # the program resolves it, or names what there is
        part = _scaled(show, index / len(deployments), (index + 1) / len(deployments))
        try:
            built[name] = build(
                home.sources,
                home,
                deployment.bundle_name,
                deployment.gate,
                live=live_version(home, stack, name),
                progress=part,
            )
        except ModelportError as error:
            refusals.append(error)
    if refusals:
        raise type(refusals[0])("\n".join(str(error) for error in refusals))
    return built


def _read_back(session: Session, outputs: auto.OutputMap) -> list[Live]:
    """Ask every live service for its golden answers, whether or not something changed."""
    live: list[Live] = []
    for name in session.config.deployments:
        output = outputs[name].value
        record = find(session.home, output["bundle"], output["version"])
        verified = check_live(session.home, session.stack, name, output, record)
        keep_caller_files(session.home, session.stack, name, output, record)
        live.append(
            Live(
                name=name,
                url=output["url"],
                call=output["call"],
                log=output["log"],
                record=record,
                verified=verified,
            )
        )
    return live


def _scaled(show: Show, low: float, high: float) -> Show:
    """Progress of a part as progress of the whole."""
    return lambda text, done: show(text, low + (high - low) * done)
