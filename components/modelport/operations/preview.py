"""Preview: what an update would change; it never trains or builds."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation as auto

from modelport.errors import EngineError
from modelport.home import Home
from modelport.operations.base import deploy_commit, fresh_backend, import_state
from modelport.operations.events import Watcher
from modelport.operations.recorded import header_of, listen, refuse
from modelport.operations.session import last_error, open_session
from modelport.report.cost import Cost, cost_of
from modelport.report.outlook import Outlook, outlooks
from modelport.report.recorder import Recorder


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
    cost: Cost
    """What the whole stack costs before and after."""
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
        EngineError: the program, a policy or the stack's limit refused; the message says why.
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
    recorder = Recorder(header_of(session, base))
    lines: list[str] = []
    try:
        listen(session, watcher, recorder, lines)
    except auto.CommandError as error:
        with contextlib.suppress(auto.CommandError):
            recorder.learn_state(session.engine.export_stack().deployment or {})
        raise EngineError(watcher.failure(last_error(error))) from None
    finally:
        recorder.recording().save(home.preview)
    recording = recorder.recording()
    cost = cost_of(recording)
    refuse(cost, session)
    text = "\n".join(line.rstrip() for line in lines).strip()
    return PreviewResult(
        dict(watcher.changes),
        watcher.advice,
        text,
        outlooks(recording),
        cost,
        offline=bool(home.offline),
    )
