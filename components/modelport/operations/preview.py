"""Preview: what an update would change; it never trains or builds."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi import automation as auto

from modelport.errors import EngineError
from modelport.home import Home
from modelport.operations.events import Watcher
from modelport.operations.session import last_error, open_session


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """What would happen."""

    changes: dict[str, int]
    """Resources by what would happen to them; empty: no changes."""
    advice: list[str]
    """What advisory policies said; the text holds it too."""
    text: str
    """The engine's own display with the differences."""


def preview(home: Home, stack: str, show: Callable[[str, float], None]) -> PreviewResult:
    """Run the stack's program against its state and touch nothing.

    Raises:
        ConfigError: the stack's file is not valid.
        EngineError: the program or a policy refused; the message says why.
    """
    session = open_session(home, stack, show)
    watcher = Watcher(show)
    lines: list[str] = []
    try:
        session.engine.preview(diff=True, color="never", on_event=watcher, on_output=lines.append)
    except auto.CommandError as error:
        raise EngineError(watcher.failure(last_error(error))) from None
    return PreviewResult(
        dict(watcher.changes), watcher.advice, "\n".join(line.rstrip() for line in lines).strip()
    )
