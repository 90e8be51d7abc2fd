"""Recorded: one preview of the engine, with its recording, and a stack's limit held against it."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from pulumi import automation as auto
from pulumi.automation import events

from modelport.errors import EngineError
from modelport.operations.events import Watcher
from modelport.operations.session import Session, last_error
from modelport.report.cost import Cost, cost_of, over_limit
from modelport.report.recorder import Recorder
from modelport.report.recording import Header


def refuse_over_limit(session: Session, show: Callable[[str, float], None]) -> None:
    """Preview a stack that has a limit, and refuse what would cost more, before anything is made.

    Plans hold deployments to it already; this counts every other resource of the program, too.

    Raises:
        EngineError: it would cost more, or the program or a policy refused.
    """
    if session.config.limits.monthly_usd is None:
        return
    watcher = Watcher(show)
    recorder = Recorder(header_of(session, "the stack as it was last deployed"))
    try:
        listen(session, watcher, recorder, [])
    except auto.CommandError as error:
        raise EngineError(watcher.failure(last_error(error))) from None
    refuse(cost_of(recorder.recording()), session)


def refuse(cost: Cost, session: Session) -> None:
    """Refuse what costs more than the stack's limit.

    Raises:
        EngineError: with the sum, the limit and the dearest parts.
    """
    if over := over_limit(cost, session.config.limits.monthly_usd):
        raise EngineError(over)


def listen(session: Session, watcher: Watcher, recorder: Recorder, lines: list[str]) -> None:
    """Run a preview; `lines` takes the engine's own display.

    Raises:
        pulumi.automation.CommandError: the program or a policy refused.
    """
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


def header_of(session: Session, base: str) -> Header:
    """What is compared with what."""
    return Header(
        project=session.engine.workspace.project_settings().name,
        stack=session.stack,
        environment=session.config.environment if session.config.deployments else None,
        offline=bool(session.home.offline),
        base=base,
        limit_usd=session.config.limits.monthly_usd,
    )
