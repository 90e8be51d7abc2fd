"""Faults: drift and failures that a test or a drill puts into an offline session.

`MODELPORT_OFFLINE_FAULTS` names a file in YAML or JSON, read anew at every call. Its keys are
patterns of urns (as `fnmatch` reads them) or names of resources:

    api:
      update: throttled             # text of the error of create, update or delete
      read: {memorySize: 256}       # drift: properties, also `spec.replicas`; or `gone`
      delay: 2                      # seconds before each of these
      partial: created but not ready: image not found
"""

import os
import re
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modelport.config.problems import find_problems
from modelport.errors import ConfigError, ServiceError
from modelport.offline.place import entries, items
from modelport.offline.user_file import read_map
from modelport.provider.wire import Json
from modelport.sdk_provider.backing import Values

VARIABLE: Final = "MODELPORT_OFFLINE_FAULTS"
"""Environment variable that names the file; unset, nothing fails."""
_STEP: Final = re.compile(r"[^.\[\]]+|\[\d+\]")


class Fault(BaseModel):
    """What goes wrong with a resource."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    create: str | None = None
    """Text of the error when it is made."""
    update: str | None = None
    """Text of the error when it is changed."""
    delete: str | None = None
    """Text of the error when it is removed."""
    read: Literal["gone"] | dict[str, object] | None = None
    """`gone`, or properties that were changed by someone else, by their path."""
    delay: float = Field(default=0, ge=0, le=3600)
    """Seconds that every operation takes."""
    partial: str | None = None
    """Why it does not get ready once it is made or changed."""

    def wait(self) -> None:
        """Take as long as the fault says."""
        if self.delay:
            time.sleep(self.delay)

    def fail(self, operation: Literal["create", "update", "delete"]) -> None:
        """Fail when the fault says so.

        Raises:
            ServiceError: the text of the fault.
        """
        self.wait()
        message = {"create": self.create, "update": self.update, "delete": self.delete}[operation]
        if message:
            raise ServiceError(message)

    def drifted(self, values: Values) -> Values:
        """The values with what someone else has changed; a property of null is gone."""
        changed: Json = values
        if isinstance(self.read, dict):
            for path, value in self.read.items():
                changed = _set(changed, _STEP.findall(path), value)
        return entries(changed)


def fault_of(urn: str) -> Fault:
    """What the file says of a resource; nothing goes wrong when it says nothing.

    Raises:
        ConfigError: the file cannot be read or is not valid.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return Fault()
    found = Fault()
    for pattern, fault in _read(Path(named)).items():
        if pattern == urn.rsplit("::", 1)[-1] or fnmatchcase(urn, pattern):
            found = found.model_copy(update=fault.model_dump(exclude_unset=True))
    return found


def _read(path: Path) -> dict[str, Fault]:
    content = read_map(path, VARIABLE, "a map from names or urns of resources to faults")
    found: dict[str, Fault] = {}
    problems: list[str] = []
    for key, value in content.items():
        try:
            found[key] = Fault.model_validate(value)
        except ValidationError as error:
            problems += [
                f"{path}: {'.'.join([key, *map(str, problem.path)])}: {problem.message}"
                for problem in find_problems(error, Fault)
            ]
    if problems:
        raise ConfigError(problems)
    return found


def _set(value: Json, steps: list[str], new: Json) -> Json:
    """The value with another one at a path, whose parents are made where they are missing."""
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if step.startswith("["):
        index = int(step[1:-1])
        listed = [*items(value)]
        listed += [cast("Json", {})] * (index + 1 - len(listed))
        listed[index] = _set(listed[index], rest, new)
        return cast("Json", listed)
    fields = dict(entries(value))
    if new is None and not rest:
        fields.pop(step, None)
    else:
        fields[step] = _set(fields.get(step), rest, new)
    return fields
