"""Backing: the resources of the Kubernetes SDK, rendered to files or applied to a cluster."""

from typing import ClassVar

from modelport.cluster.apply import ClusterBacking
from modelport.cluster.invoke import DECODE, NO_HELM
from modelport.cluster.lists import ListBacking
from modelport.cluster.manifest import is_list
from modelport.cluster.render import DIRECTORY, RenderBacking
from modelport.cluster.target import INPUTS_KEY, MANAGER_KEY, VERSION_KEY
from modelport.sdk.types import FunctionSchema
from modelport.sdk_provider.backing import Backing, Problem, Request, Values


class KubernetesBacking(Backing):
    """Goes by the config of each provider instance: `renderYamlToDirectory`, or a cluster."""

    kept: ClassVar[frozenset[str]] = frozenset({INPUTS_KEY, MANAGER_KEY, VERSION_KEY})

    functions: ClassVar[frozenset[str]] = frozenset({DECODE})

    def __init__(self) -> None:
        self._render = RenderBacking()
        self._cluster = ClusterBacking()
        self._lists = ListBacking(self._single)

    def check_config(self, config: Values) -> list[Problem]:
        """What is wrong with a provider's config."""
        return [] if config.get(DIRECTORY) else self._cluster.check_config(config)

    def complete(self, request: Request, inputs: Values, old: Values) -> Values:
        """The inputs with their namespace."""
        return self._for(request).complete(request, inputs, old)

    def check(self, request: Request, inputs: Values) -> list[Problem]:
        """What is wrong with inputs beyond their types."""
        if request.token.startswith("kubernetes:helm.sh/"):
            return [Problem("chart", NO_HELM)]
        return self._for(request).check(request, inputs)

    def cancel(self) -> None:
        """Give up waiting for objects."""
        self._cluster.cancel()

    def preview(self, request: Request, inputs: Values, outputs: Values | None) -> Values:
        """Outputs as far as they are known before the update."""
        return self._for(request).preview(request, inputs, outputs)

    def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        """Make the file or the object."""
        return self._for(request).create(request, inputs)

    def read(
        self, request: Request, resource_id: str, inputs: Values, outputs: Values
    ) -> tuple[Values, Values] | None:
        """The file or the object as it is now."""
        return self._for(request).read(request, resource_id, inputs, outputs)

    def update(
        self, request: Request, resource_id: str, old: Values, new: Values, outputs: Values
    ) -> Values:
        """Change the file or the object."""
        return self._for(request).update(request, resource_id, old, new, outputs)

    def delete(self, request: Request, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the file or the object."""
        self._for(request).delete(request, resource_id, inputs, outputs)

    def invoke(self, schema: FunctionSchema, arguments: Values, config: Values) -> Values:
        """Answer the functions that need no cluster."""
        return self._cluster.invoke(schema, arguments, config)

    def _for(self, request: Request) -> Backing:
        return self._lists if is_list(request.schema) else self._single(request)

    def _single(self, request: Request) -> Backing:
        return self._render if request.config.get(DIRECTORY) else self._cluster
