"""Handler: the contract of one resource type of the `modelport` plugin."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from modelport.home import Home


class Inputs(BaseModel):
    """Base of every resource's inputs: unknown properties are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


InputsT = TypeVar("InputsT", bound=Inputs)
Outputs = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may use besides its inputs."""

    home: Home
    """Where the project keeps its work files."""
    status: Callable[[str], None]
    """Shows what is being done now, beside the resource."""


class Handler(ABC, Generic[InputsT]):
    """Creates, reads, updates and deletes one type of resource.

    The state of a resource is its inputs and what `create` or `update` returned; outputs named in
    `secret` and inputs named there are encrypted in it. Every method may raise a
    `ModelportError`; its text is what the user reads.
    """

    token: ClassVar[str]
    """Type token, e.g. `modelport:local:Server`."""
    inputs: type[InputsT]
    """Model of the inputs."""
    replaces: ClassVar[frozenset[str]] = frozenset()
    """Inputs whose change needs a new resource."""
    identity: ClassVar[frozenset[str]] = frozenset()
    """Inputs that tell two resources apart: when a replacement changes one of them, the new
    resource is made before the old one is removed; else the old one goes first."""
    secret: ClassVar[frozenset[str]] = frozenset()
    """Inputs and outputs that are secret."""
    unforeseen: ClassVar[frozenset[str]] = frozenset()
    """Outputs of which the old value says nothing of the next one: unknown in a preview."""

    @abstractmethod
    def create(self, context: Context, inputs: InputsT) -> tuple[str, Outputs]:
        """Make the resource, or leave nothing behind; returns its id and outputs."""

    @abstractmethod
    def read(
        self, context: Context, resource_id: str, inputs: InputsT, outputs: Outputs
    ) -> Outputs | None:
        """The resource as it is now; none when it is gone."""

    @abstractmethod
    def update(
        self, context: Context, resource_id: str, old: InputsT, new: InputsT, outputs: Outputs
    ) -> Outputs:
        """Change it to `new`; on an error it still is as `old` says."""

    @abstractmethod
    def delete(self, context: Context, resource_id: str, inputs: InputsT) -> None:
        """Remove it; one that is gone already is no error."""

    @abstractmethod
    def invented(self, inputs: InputsT) -> Outputs:
        """Outputs of a resource that is offline: plausible, the same every time, and marked."""

    @abstractmethod
    def offline_id(self, inputs: InputsT) -> str:
        """The id that a real one would have."""

    def imported(self, context: Context, resource_id: str) -> tuple[Outputs, Outputs] | None:
        """Inputs and outputs of a resource that was made elsewhere; none: it cannot be imported.

        Raises:
            ServiceError: nothing of this id is there.
        """
        del context, resource_id
        return None

    def drift(
        self, context: Context, resource_id: str, inputs: InputsT, outputs: Outputs
    ) -> frozenset[str]:
        """Properties that no longer hold although the inputs are the same.

        `up` heals them: by an update, or by a replacement where they are among `replaces`.
        """
        del context, resource_id, inputs, outputs
        return frozenset()
