"""History: what was live when, by which update, with which scores."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from modelport.bundles import find
from modelport.errors import BundleError, ConfigError
from modelport.home import Home
from modelport.operations.session import Session, open_session


@dataclass(frozen=True, slots=True)
class Release:
    """One version that was live."""

    version: str
    """Bundle version."""
    since: str
    """When it went live, ISO 8601, UTC."""
    until: str
    """When the next one did; empty for the one that is live."""
    update: int | None
    """Number of the stack's update that made it live; none when the engine has forgotten it."""
    metric: str
    """Metric that decides."""
    score: float | None
    """Its held-out score; none when the bundle is not here any more."""
    baseline: float | None
    """The baseline's score."""


def history(home: Home, stack: str, name: str) -> list[Release]:
    """The releases of a deployment, newest first.

    Raises:
        ConfigError: the stack's file is not valid, or no such deployment is live.
        EngineError: the engine does not open the stack.
    """
    session = open_session(home, stack)
    outputs = session.endpoints()
    if name not in outputs:
        known = ", ".join(outputs) or "none"
        raise ConfigError([f"'{name}' is not live in stack {stack}; live: {known}"])
    output = outputs[name]
    entries = cast("list[dict[str, str]]", output.get("releases", []))
    updates = _updates(session)
    ends = [*(entry["at"] for entry in entries[1:]), ""]
    releases = [
        _release(home, output["bundle"], entry, until, updates)
        for entry, until in zip(entries, ends, strict=True)
    ]
    return releases[::-1]


def _release(
    home: Home,
    bundle: str,
    entry: dict[str, str],
    until: str,
    updates: list[tuple[int, float, float]],
) -> Release:
    at = datetime.fromisoformat(entry["at"]).timestamp()
    number = next((item[0] for item in updates if item[1] - 1 <= at <= item[2] + 1), None)
    scores: dict[str, Any] = {"metric": "", "score": None, "baseline": None}
    try:
        evaluation = find(home, bundle, entry["version"]).evaluation
        metric = evaluation.primary
        scores = {
            "metric": metric,
            "score": evaluation.metrics[metric],
            "baseline": evaluation.baseline[metric],
        }
    except BundleError:
        pass  # removed since; that it was live stays true
    return Release(entry["version"], entry["at"], until, number, **scores)


def _updates(session: Session) -> list[tuple[int, float, float]]:
    """The stack's updates as (number, begin, end) in seconds since 1970."""
    found: list[tuple[int, float, float]] = []
    for number, summary in enumerate(reversed(session.engine.history()), start=1):
        if summary.kind == "update" and summary.end_time is not None:
            found.append((number, summary.start_time.timestamp(), summary.end_time.timestamp()))
    return found
