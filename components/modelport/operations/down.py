"""Down: remove everything that a stack deployed."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi import automation as auto

from modelport.errors import EngineError
from modelport.home import Home
from modelport.operations.events import Watcher
from modelport.operations.recover import recover
from modelport.operations.session import last_error, open_session


@dataclass(frozen=True, slots=True)
class DownResult:
    """What was removed."""

    removed: int
    """Number of resources."""


def down(home: Home, stack: str, show: Callable[[str, float], None]) -> DownResult:
    """Remove the stack's resources; bundles and the empty stack stay.

    Raises:
        ConfigError: the stack's file is not valid.
        EngineError: something could not be removed; the message says what and why.
    """
    session = open_session(home, stack, show, deploys=True)
    recover(home, session.engine)
    watcher = Watcher(show)
    try:
        session.engine.destroy(on_event=watcher, color="never", suppress_progress=True)
    except auto.CommandError as error:
        raise EngineError(watcher.failure(last_error(error))) from None
    return DownResult(watcher.changes["delete"])
