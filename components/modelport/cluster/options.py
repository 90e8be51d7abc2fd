"""Options: what the annotations `pulumi.com/…` ask for, as the official provider documents them.

Source: pulumi-kubernetes, provider/pkg/metadata (annotations and overrides).
"""

import json
import os
from dataclasses import dataclass
from typing import Literal, cast

from modelport.cluster.manifest import annotation
from modelport.cluster.objects import Object
from modelport.cluster.problems import ClusterError
from modelport.cluster.wait_for import Wanted, parse

SKIP_AWAIT = "pulumi.com/skipAwait"
WAIT_FOR = "pulumi.com/waitFor"
TIMEOUT = "pulumi.com/timeoutSeconds"
PATCH_FORCE = "pulumi.com/patchForce"
FIELD_MANAGER = "pulumi.com/patchFieldManager"
PROPAGATION = "pulumi.com/deletionPropagationPolicy"

DEFAULT_TIMEOUT = 600.0
"""Seconds that a resource has to become ready, or to be gone, where nothing else is said."""

Propagation = Literal["Foreground", "Background", "Orphan"]
_PROPAGATIONS: dict[str, Propagation] = {
    "": "Foreground",
    "foreground": "Foreground",
    "background": "Background",
    "orphan": "Orphan",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How one resource is applied, waited for and deleted."""

    skip_await: bool
    wait_for: tuple[Wanted, ...]
    """Conditions that replace those of its kind."""
    timeout: float
    """Seconds."""
    force: bool
    """Whether fields of other managers are taken over."""
    propagation: Propagation


def options(inputs: Object, config: Object, timeout: float | None) -> Options:
    """What annotations, provider config and environment say.

    Args:
        inputs: The resource's inputs.
        config: The provider's config.
        timeout: Seconds of `custom_timeouts`, which comes before the annotation.

    Raises:
        ClusterError: an annotation holds a value that is not allowed.
    """
    return Options(
        skip_await=annotation(inputs, SKIP_AWAIT) == "true",
        wait_for=_wait_for(annotation(inputs, WAIT_FOR)),
        timeout=timeout or _seconds(annotation(inputs, TIMEOUT)),
        force=_force(inputs, config),
        propagation=_propagation(annotation(inputs, PROPAGATION)),
    )


def flag(config: Object, name: str, variable: str) -> bool:
    """A switch of the provider: from its config, else from the environment."""
    value = config.get(name)
    if value is None:
        value = os.environ.get(variable, "")
    return value is True or value in ("true", "1")


def _force(inputs: Object, config: Object) -> bool:
    said = annotation(inputs, PATCH_FORCE)
    return said == "true" or (
        said != "false" and flag(config, "enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE")
    )


def _seconds(written: str) -> float:
    if not written:
        return DEFAULT_TIMEOUT
    if not written.isdigit() or int(written) == 0:
        message = f"annotation {TIMEOUT}: {written!r} is no number of seconds; write e.g. '300'"
        raise ClusterError(message)
    return float(written)


def _propagation(written: str) -> Propagation:
    found = _PROPAGATIONS.get(written.lower())
    if found is None:
        message = (
            f"annotation {PROPAGATION}: {written!r} is not one of foreground, background, orphan"
        )
        raise ClusterError(message)
    return found


def _wait_for(written: str) -> tuple[Wanted, ...]:
    if not written:
        return ()
    try:
        listed: object = json.loads(written)
    except ValueError:
        listed = written
    wanted = cast("list[object]", listed) if isinstance(listed, list) else [written]
    if not wanted or not all(isinstance(item, str) for item in wanted):
        message = f"annotation {WAIT_FOR}: {written!r} is neither a condition nor a list of them"
        raise ClusterError(message)
    try:
        return tuple(parse(str(item)) for item in wanted)
    except ValueError as error:
        message = f"annotation {WAIT_FOR}: {error}"
        raise ClusterError(message) from error
