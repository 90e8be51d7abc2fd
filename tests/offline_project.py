"""A project whose cloud resources are offline, and what each run of the engine did with them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pulumi import automation as auto
from pulumi.automation.events import EngineEvent

from engine_project import STACK, Project
from modelport.offline.answers import VARIABLE as ANSWERS
from modelport.offline.faults import VARIABLE as FAULTS


@dataclass(slots=True)
class Run:
    """What one run of the engine did."""

    steps: dict[str, str] = field(default_factory=dict[str, str])
    """Operation on each resource, by its name; the stack and providers are left out."""
    changed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Paths of what changed in each resource."""
    messages: list[str] = field(default_factory=list[str])
    """What the engine and the providers said."""
    ok: bool = True

    def did(self, operation: str) -> set[str]:
        """Names of the resources with this operation."""
        return {name for name, done in self.steps.items() if done == operation}


class OfflineProject(Project):
    """One stack of an ordinary program, offline."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, offline=True)
        self.faults: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}
        self.env |= {
            FAULTS: str(folder / "faults.json"),
            ANSWERS: str(folder / "answers.json"),
        }

    def settings(self, **values: object) -> None:
        """Write the stack's config, with `__` for the colon."""
        path = self.folder / f"Pulumi.{STACK}.yaml"
        salt = [
            line
            for line in (path.read_text().splitlines() if path.is_file() else [])
            if line.startswith("encryptionsalt:")
        ]
        config = {key.replace("__", ":"): value for key, value in values.items()}
        path.write_text("\n".join([*salt, f"config: {json.dumps(config)}"]) + "\n")

    def do(self, operation: str, **options: Any) -> Run:
        """Run `up`, `preview`, `refresh` or `destroy`."""
        (self.folder / "faults.json").write_text(json.dumps(self.faults))
        (self.folder / "answers.json").write_text(json.dumps(self.answers))
        done = Run()

        def listen(event: EngineEvent) -> None:
            _note(done, event)

        try:
            getattr(self.stack(), operation)(on_event=listen, color="never", **options)
        except auto.CommandError as error:
            done.ok = False
            done.messages.append(str(error))
        return done

    def state(self) -> dict[str, dict[str, Any]]:
        """Resources in the state by their name, with id, inputs and outputs."""
        deployment = cast("dict[str, Any]", self.stack().export_stack().deployment)
        return {
            resource["urn"].rsplit("::", 1)[-1]: resource
            for resource in deployment.get("resources", [])
            if "delete" not in resource
        }

    def outputs(self) -> dict[str, Any]:
        """Outputs of the stack."""
        return {name: output.value for name, output in self.stack().outputs().items()}

    def texts(self) -> Iterator[str]:
        """Every text among ids and outputs of the state's resources."""
        for resource in self.state().values():
            if resource["type"].startswith("pulumi:"):
                continue
            yield str(resource.get("id"))
            yield from _texts(resource.get("outputs"))


def _note(done: Run, event: EngineEvent) -> None:
    said = event.diagnostic_event
    if said is not None and said.severity != "debug":  # also a plugin's last words
        done.messages.append(said.message.strip())
    if event.resource_pre_event is None:
        return
    metadata = event.resource_pre_event.metadata
    name = metadata.urn.rsplit("::", 1)[-1]
    operation = str(getattr(metadata.op, "value", metadata.op))
    if metadata.type.startswith("pulumi:"):
        return
    if operation not in ("create-replacement", "delete-replaced"):
        done.steps[name] = operation
    if metadata.detailed_diff:
        done.changed[name] = sorted(metadata.detailed_diff)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
