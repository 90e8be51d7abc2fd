"""LocalService: a bundle served on this machine."""

import pulumi

from modelport.component import Component
from modelport.config import Deployment
from modelport.plan import PlanContext, plan_local
from modelport.platforms import local
from modelport_serving.record import BundleRecord


class LocalService(Component):
    """An HTTP endpoint of supervised processes, proved to answer before it counts as made."""

    TYPE = "modelport:index:LocalService"

    url: pulumi.Output[str]
    """Base address of the endpoint; it takes `POST /predict`."""
    version: pulumi.Output[str]
    """Version of the bundle that it serves: 16 hex digits."""
    call: pulumi.Output[str]
    """A shell command that asks for one prediction, run in the project's folder."""
    log: pulumi.Output[str]
    """Path of the log, from the project's folder."""
    releases: pulumi.Output[list[dict[str, str]]]
    """Versions that were live, each with the time from which it was; the last one is live."""

    def __init__(
        self,
        name: str,
        config: Deployment,
        *,
        record: BundleRecord,
        context: PlanContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Plan, build, publish.

        Args:
            name: Deployment name; children are `name` and `name-key`.
            config: What to serve, and how.
            record: The bundle, as `modelport.bundles.store` finds it.
            context: The stack and its environment.
            opts: Ordinary Pulumi options.

        Raises:
            PlanError: the deployment cannot be made; every reason at once.
        """
        plan = plan_local(name, config, record, context)
        super().__init__(name, plan.facts(), opts)

        parts = local.build(plan, parent=self)

        self.url = parts.server.url
        self.version = pulumi.Output.from_input(plan.version)
        self.call = parts.server.call
        self.log = parts.server.log
        self.releases = parts.server.releases
        self.publish(url=self.url, call=self.call, log=self.log)
