"""Preview: what an update would change; it never trains or builds."""

import contextlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation as auto
from pulumi.automation import events

from modelport.errors import EngineError
from modelport.home import Home
from modelport.operations.base import deploy_commit, fresh_backend, import_state
from modelport.operations.events import Watcher
from modelport.operations.session import Session, last_error, open_session
from modelport.report.outlook import Outlook, outlooks
from modelport.report.recorder import Recorder
from modelport.report.recording import Header


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """What would happen."""

    changes: dict[str, int]
    """Resources by what would happen to them; empty: no changes."""
    advice: list[str]
    """What advisory policies said; the text holds it too."""
    text: str
    """The engine's own display with the differences."""
    outlooks: list[Outlook]
    """What each deployment would be, with its price and its limit."""
    offline: bool
    """Whether nothing real was asked."""


@dataclass(frozen=True, slots=True)
class Against:
    """What to compare with besides the stack as it was last deployed; both need no account."""

    commit: str | None = None
    """A commit, deployed offline."""
    state: Path | None = None
    """A file with an exported state."""


_AS_DEPLOYED = Against()


def preview(
    home: Home,
    stack: str,
    show: Callable[[str, float], None],
    against: Against = _AS_DEPLOYED,
) -> PreviewResult:
    """Run the stack's program against its state and touch nothing; keeps a recording.

    Raises:
        ConfigError: the stack's file is not valid.
        EngineError: the program or a policy refused; the message says why.
    """
    base = "the stack as it was last deployed"
    if against.commit or against.state:
        home = fresh_backend(home, stack)
        if against.commit:
            base = deploy_commit(home, stack, against.commit, show)
    session = open_session(home, stack, show, deploys=True)
    if against.state:
        base = import_state(session, against.state)
    watcher = Watcher(show)
    recorder = Recorder(_header(session, base))
    lines: list[str] = []
    try:
        _run(session, watcher, recorder, lines)
    except auto.CommandError as error:
        with contextlib.suppress(auto.CommandError):
            recorder.learn_state(session.engine.export_stack().deployment or {})
        raise EngineError(watcher.failure(last_error(error))) from None
    finally:
        recorder.recording().save(home.preview)
    text = "\n".join(line.rstrip() for line in lines).strip()
    return PreviewResult(
        dict(watcher.changes),
        watcher.advice,
        text,
        outlooks(recorder.recording()),
        offline=bool(home.offline),
    )


def _run(session: Session, watcher: Watcher, recorder: Recorder, lines: list[str]) -> None:
    failed: list[Exception] = []

    def both(event: events.EngineEvent) -> None:
        watcher(event)
        try:
            recorder(event)
        except Exception as error:  # the engine waits for ever for a lost listener
            failed.append(error)

    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.json"  # the only place that says who depends on whom
        session.engine.preview(
            diff=True, color="never", on_event=both, on_output=lines.append, plan=str(plan)
        )
        recorder.learn_plan(json.loads(plan.read_text()))
    if failed:
        raise failed[0]


def _header(session: Session, base: str) -> Header:
    return Header(
        project=session.engine.workspace.project_settings().name,
        stack=session.stack,
        environment=session.config.environment if session.config.deployments else None,
        offline=bool(session.home.offline),
        base=base,
    )
