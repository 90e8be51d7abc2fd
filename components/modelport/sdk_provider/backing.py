"""Backing: what stands behind the resources of an SDK: an invention, or a real API."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelport.sdk.types import FunctionSchema, ResourceSchema

Json = object
Values = dict[str, Json]
"""Properties by wire name; secrets are plain, unknown values `modelport.provider.wire.UNKNOWN`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse inputs."""

    path: str
    """Path of the property, e.g. `spec.containers[0].image`."""
    reason: str
    """What is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One resource, as the engine asks for it."""

    urn: str
    schema: ResourceSchema
    config: Mapping[str, Json]
    """Config of the provider instance, plain."""
    status: Callable[[str], None]
    """Shows what is being done now, beside the resource."""
    timeout: float | None = None
    """Seconds that the program allows for it (`custom_timeouts`); none: the backing's own."""
    old: Mapping[str, Json] | None = None
    """Plain inputs of the last update, where a change is previewed."""

    @property
    def token(self) -> str:
        """Type token."""
        return self.schema.token

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rsplit("::", 1)[-1]


class PartialFailure(Exception):  # noqa: N818 - it is there, but it is not well
    """A resource exists, but did not get ready; the engine keeps it in its state as it is."""

    def __init__(self, resource_id: str, inputs: Values, outputs: Values, reasons: list[str]):
        self.resource_id = resource_id
        self.inputs = inputs
        self.outputs = outputs
        self.reasons = reasons
        super().__init__("; ".join(reasons))


class Backing(ABC):
    """Makes, reads, changes and removes resources whose inputs were checked against the SDK.

    Every method may raise a `ModelportError`; its text is what the user reads.
    """

    invents: ClassVar[bool] = False
    """Whether nothing real stands behind: names are then the same wherever they are made up."""
    kept: ClassVar[frozenset[str]] = frozenset()
    """Outputs of the provider's own (`__…`) that go into the state."""
    functions: ClassVar[frozenset[str]] = frozenset()
    """Functions that the SDK's own code calls without declaring them; they go unchecked."""

    def check_config(self, config: Values) -> list[Problem]:
        """What is wrong with the config of a provider instance beyond its types."""
        del config
        return []

    def complete(self, request: Request, inputs: Values, old: Values) -> Values:
        """The inputs with what the real provider fills in; `old` are those of the last update."""
        del request, old
        return inputs

    def check(self, request: Request, inputs: Values) -> list[Problem]:
        """What is wrong with complete inputs beyond their types; may hold unknown values."""
        del request, inputs
        return []

    def cancel(self) -> None:  # noqa: B027 - most have nothing to wait for
        """The user wants to stop: give up what is waited for."""

    @abstractmethod
    def preview(self, request: Request, inputs: Values, outputs: Values | None) -> Values:
        """Outputs as far as they are known before the update; `outputs` are today's, if any."""

    @abstractmethod
    def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        """Make the resource; returns its id and its outputs (which include the inputs)."""

    @abstractmethod
    def read(
        self, request: Request, resource_id: str, inputs: Values, outputs: Values
    ) -> tuple[Values, Values] | None:
        """Inputs and outputs as they are now; none when it is gone.

        Empty `inputs` and `outputs` mean an import or a look-up by id.
        """

    @abstractmethod
    def update(
        self, request: Request, resource_id: str, old: Values, new: Values, outputs: Values
    ) -> Values:
        """Change it; returns its outputs."""

    @abstractmethod
    def delete(self, request: Request, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove it; one that is gone already is no error."""

    @abstractmethod
    def invoke(self, schema: FunctionSchema, arguments: Values, config: Values) -> Values:
        """Answer a data source."""
