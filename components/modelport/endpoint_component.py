"""EndpointComponent: base of every component that puts a model to work behind an address."""

from collections.abc import Mapping
from typing import ClassVar

import pulumi

from modelport import platforms
from modelport.bundles import resolve
from modelport.component import Component
from modelport.config import TARGETS, Deployment
from modelport.config.base import Model
from modelport.errors import ConfigError, ModelportError, PlanError
from modelport.home import find_home
from modelport.plan import CloudPlan, DeploymentPlan, PlanContext
from modelport_serving.record import BundleRecord


class ComponentError(ModelportError, pulumi.RunError):
    """What a component cannot make; the engine shows the sentence, and no traceback."""


class ComponentConfigError(ConfigError, pulumi.RunError):
    """What is not valid in a config that a program makes; shown likewise."""


Model.refused = ComponentConfigError


class EndpointComponent(Component):
    """An endpoint of one family of targets, proved to answer before it counts as made."""

    TYPE: ClassVar[str]

    url: pulumi.Output[str]
    """Its address."""
    version: pulumi.Output[str]
    """Version of the bundle that it serves: 16 hex digits."""
    call: pulumi.Output[str]
    """A shell command that asks for one prediction."""
    log: pulumi.Output[str]
    """Where its log is: a path, or a command that shows it."""
    verified: pulumi.Output[str]
    """What was proved when it was last deployed."""
    releases: pulumi.Output[list[dict[str, str]]]
    """Versions that were live, each with the time from which it was; the last one is live."""
    names: Mapping[str, pulumi.Input[str]]
    """What finds the live service on its platform."""
    revision: str
    """What tells this version with its settings from others on the platform."""
    key: pulumi.Output[str] | None
    """The key that callers send, secret; none where the platform knows them, or it is a file's."""

    def __init__(
        self,
        name: str,
        config: Deployment,
        *,
        record: BundleRecord | None = None,
        context: PlanContext | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Plan, build, publish.

        Args:
            name: Deployment name; the children's names begin with it.
            config: What to serve, and how.
            record: The bundle; left out, the one that `config` names, from the project's home.
            context: The stack and its environment; left out, this program's stack, in the
                environment that is called like it, else `dev`.
            opts: Ordinary Pulumi options.

        Raises:
            ComponentError: there is no such bundle, or the deployment cannot be made; every
                reason at once, and nothing was declared.
        """
        try:
            plan = self._plan(name, config, record, context)
        except ModelportError as error:
            raise ComponentError(str(error)) from error
        super().__init__(name, plan.facts(), opts)

        made = platforms.build(plan, parent=self)

        self.url = made.url
        self.version = pulumi.Output.from_input(plan.version)
        self.call = made.call
        self.log = made.log
        self.verified = made.verified
        self.releases = made.releases
        self.names = made.names
        self.revision = plan.revision if isinstance(plan, CloudPlan) else plan.version
        self.key = made.key
        self.publish(url=made.url, call=made.call, log=made.log, verified=made.verified)

    def _plan(
        self,
        name: str,
        config: Deployment,
        record: BundleRecord | None,
        context: PlanContext | None,
    ) -> DeploymentPlan:
        family = TARGETS[config.kind].COMPONENT
        if family != type(self).__name__:
            message = f"{name}: target {config.kind} is made by {family}, not {type(self).__name__}"
            raise PlanError(message)
        if record is None:
            record = resolve(find_home(), config.bundle_name, config.bundle_version, config.gate)
        return platforms.plan(name, config, record, context or PlanContext.here(pulumi.get_stack()))
