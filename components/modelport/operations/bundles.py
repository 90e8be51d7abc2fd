"""Bundles: train and build those of a stack, or one by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelport.bundles import (
    ImportedBundle,
    ImportRequest,
    build,
    built_versions,
    bundle_names,
    evaluate_gate,
    find,
    import_model,
    score_table,
    train,
)
from modelport.config import Gate, StackConfig
from modelport.errors import ConfigError
from modelport.home import Home
from modelport.operations.inspect import live_version
from modelport.operations.session import check_config
from modelport_serving.record import BundleRecord, Evaluation

Show = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Scored:
    """One trained model with its scores."""

    name: str
    """Bundle name."""
    version: str
    """Its digest."""
    evaluation: Evaluation
    """Its scores."""
    rows: list[tuple[str, ...]]
    """The scores as a table: metric, value, baseline, live, gate."""
    state: str
    """What was done: `trained`, `known`, `built` or `passed its gate`."""

    @property
    def title(self) -> str:
        """The table's heading."""
        return f"{self.name}@{self.version} · {self.state}"

    def summary(self) -> dict[str, Any]:
        """The scores as plain data."""
        return {
            "bundle": self.name,
            "version": self.version,
            "state": self.state,
            "evaluation": self.evaluation.model_dump(),
        }


def train_bundles(home: Home, stack: str, name: str | None, show: Show) -> list[Scored]:
    """Train and evaluate; nothing is built, and no gate refuses.

    Raises:
        ConfigError: the stack's file is not valid.
        BundleError: a bundle is unknown or cannot be trained.
    """
    scored: list[Scored] = []
    for bundle, gate, live in _wanted(home, stack, name):
        candidate = train(home.sources, home, bundle, live=live, progress=show)
        verdict = evaluate_gate(gate, candidate.evaluation)
        state = "known" if candidate.reused else "trained"
        state += ", passes its gate" if verdict.passed else ", does not pass its gate"
        scored.append(_scored(bundle, candidate.version, candidate.evaluation, gate, state))
    return scored


def build_bundles(home: Home, stack: str, name: str | None, show: Show) -> list[Scored]:
    """Train what is new, gate it, and build what passes.

    Raises:
        ConfigError: the stack's file is not valid.
        GateRefused: with the table of scores.
        BundleError: a bundle is unknown or cannot be built.
    """
    scored: list[Scored] = []
    for bundle, gate, live in _wanted(home, stack, name):
        record = build(home.sources, home, bundle, gate, live=live, progress=show)
        scored.append(_scored(bundle, record.version, record.evaluation, gate, "passed its gate"))
    return scored


def import_bundle(home: Home, request: ImportRequest) -> ImportedBundle:
    """Write the bundle folder of a model that was trained elsewhere.

    Raises:
        BundleError: with everything that is wrong; nothing was written.
    """
    return import_model(home.sources, request)


def _wanted(home: Home, stack: str, name: str | None) -> list[tuple[str, Gate, str | None]]:
    """Bundles with the gate and the live version of the deployment that uses them."""
    config = check_config(home, stack)
    used = _used(home, stack, config)
    if name is None:
        return used
    return [item for item in used if item[0] == name] or [(name, Gate(), None)]


def _used(home: Home, stack: str, config: StackConfig) -> list[tuple[str, Gate, str | None]]:
    return [
        (deployment.bundle_name, deployment.gate, live_version(home, stack, name))
        for name, deployment in config.deployments.items()
    ]


def _scored(name: str, version: str, evaluation: Evaluation, gate: Gate, state: str) -> Scored:
    rows = [tuple(row) for row in score_table(evaluation, gate)]
    return Scored(name, version, evaluation, rows, state)


def built_bundle(home: Home, bundle: str | None) -> BundleRecord:
    """The built bundle that a command means.

    Args:
        home: The project's home.
        bundle: `name`, or `name@version`; the project's only one when left out.

    Raises:
        ConfigError: which bundle is meant is not clear.
        BundleError: it is not built.
    """
    known = bundle_names(home.sources)
    if bundle is None and len(known) != 1:
        raise ConfigError([f"which bundle? name one of: {', '.join(known)}"])
    name, _, version = (bundle or known[0]).partition("@")
    return find(home, name, version) if version else built_versions(home, name)[0]
