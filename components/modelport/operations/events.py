"""Events: what the engine reports while it works, as progress, changes and errors."""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation import events

from modelport.engine.texts import clean, is_summary, readable_error


@dataclass(slots=True)
class Watcher:
    """Listens to one run of the engine."""

    show: Callable[[str, float], None]
    """Called with a step's text and the fraction that is done, 0 to 1."""
    changes: Counter[str] = field(default_factory=Counter[str])
    """Resources by what happened to them, e.g. `{"create": 3}`; `same` left out."""
    errors: list[str] = field(default_factory=list[str])
    """What the engine, the program and the resources said was wrong."""
    violations: list[str] = field(default_factory=list[str])
    """What mandatory policies said."""
    advice: list[str] = field(default_factory=list[str])
    """What advisory policies said."""
    _begun: int = 0
    _ended: int = 0
    _text: str = ""

    def __call__(self, event: events.EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event:
            self._begun += 1
            self._progress(_step(event.resource_pre_event.metadata))
        elif event.res_outputs_event:
            self._ended += 1
            self._progress()
        elif event.summary_event:
            counts = event.summary_event.resource_changes
            self.changes = Counter(
                {
                    _operation(key): count
                    for key, count in counts.items()
                    if _operation(key) != "same"
                }
            )
        elif event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)
        elif event.policy_event:
            self._policy(event.policy_event)

    def _policy(self, event: events.PolicyEvent) -> None:
        """Keep what a policy said, once: previews and updates ask the packs several times."""
        mandatory = event.enforcement_level == "mandatory"
        said = self.violations if mandatory else self.advice
        text = f"{event.policy_name}: {clean(event.message)}"
        if text not in said:
            said.append(text)

    def _diagnostic(self, event: events.DiagnosticEvent) -> None:
        text = clean(event.message)
        if event.severity == "error":
            text = readable_error(text)
            if text and text not in self.errors and not is_summary(text):
                self.errors.append(text)
        elif event.ephemeral and text:
            self._progress(f"{_name(event.urn)}: {text}" if event.urn else text)

    def _progress(self, text: str = "") -> None:
        """Show how far it is: with a new text, or with the last one."""
        self._text = text or self._text
        # The engine does not say how many resources there are: each one halves what is left.
        # A terminal that is gone must not end the stream of events: the engine would wait for ever.
        with contextlib.suppress(OSError):
            self.show(self._text, 1 - 0.8 ** (self._ended + 0.5 * (self._begun - self._ended)))

    def failure(self, fallback: str) -> str:
        """The errors in the order in which they came, or `fallback` when there were none."""
        return "\n".join(self.errors + self.violations) or fallback


def _step(metadata: events.StepEventMetadata) -> str:
    """What happens to a resource; empty for what stays, and for the engine's own."""
    operation = _operation(metadata.op)
    if operation == "same" or metadata.type.startswith("pulumi:"):
        return ""
    return f"{operation} {_name(metadata.urn)} ({metadata.type.rsplit(':', 1)[-1]})"


def _name(urn: str | None) -> str:
    return (urn or "").rsplit("::", 1)[-1]


def _operation(operation: Any) -> str:
    return str(getattr(operation, "value", operation))
