"""Members: the containers of a model as they are now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docker.models.containers import Container

from modelport.containers.engine import speaking
from modelport.containers.parts import differences, model_arguments, model_networks
from modelport.containers.settings import PORT, REVISION_LABEL, Wanted

_LOG_LINES = 12
_CANNOT_START = "cannot start: "


@dataclass(frozen=True, slots=True)
class Member:
    """One container of the model."""

    name: str
    revision: str
    version: str
    number: int
    running: bool
    """Whether it runs, and is neither paused nor being started again."""
    healthy: bool
    """Whether it runs and Docker's own check does not say otherwise."""
    image: str
    """Id of its image."""
    faults: tuple[str, ...] = ()
    """What is not as it was made."""

    @property
    def address(self) -> str:
        """Where the switch reaches it."""
        return f"{self.name}:{PORT}"


def member_of(container: Container, wanted: Wanted) -> Member:
    """A container as it is now; one of the wanted revision is compared with how it is made."""
    found, labels = container.attrs, container.labels
    state = found["State"]
    running = state["Status"] == "running"
    revision = labels.get(REVISION_LABEL, "")
    name = str(container.name)
    number = name.rpartition("-")[2]
    faults: tuple[str, ...] = ()
    if revision == wanted.model.revision:
        made = model_arguments(wanted, int(number))
        faults = tuple(differences(found, made, model_networks(wanted)))
    return Member(
        name=name,
        revision=revision,
        version=labels.get("modelport.version", ""),
        number=int(number) if number.isdigit() else 0,
        running=running,
        healthy=running and state.get("Health", {}).get("Status") != "unhealthy",
        image=str(found["Image"]),
        faults=faults,
    )


def why_ended(container: Container) -> str:
    """Why a container that was started does not run; empty when it does."""
    state: Mapping[str, Any] = container.attrs["State"]
    again = int(container.attrs["RestartCount"])
    if state["Status"] in ("running", "created") and not again:
        return ""
    said = [line for line in log_lines(container) if line.startswith(_CANNOT_START)]
    if said:
        return f"cannot start: {said[-1].removeprefix(_CANNOT_START)}"
    if state["OOMKilled"]:
        return "took more memory than it may"
    error = f": {state['Error']}" if state["Error"] else ""
    return f"ended with status {state['ExitCode']} while starting{error}"


def log_lines(container: Container) -> list[str]:
    """The last lines of a container's log."""
    with speaking():
        text = container.logs(tail=_LOG_LINES)
    return text.decode(errors="replace").splitlines()
