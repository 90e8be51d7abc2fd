"""The live service of kind `aws.ecs`, read back through AWS's API and asked at its address."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, cast

from modelport.cloud import aws
from modelport.live.service import Answer, Found, LiveService
from modelport.platforms.aws.asking import ask_balanced
from modelport.platforms.aws.firing import firing_alarms

_STATES: Mapping[str, Literal["ready", "failed"]] = {"COMPLETED": "ready", "FAILED": "failed"}
"""Of a deployment; every other state is one of change."""


class Service(LiveService):
    """A service in the cluster of its name; ECS moves its traffic itself."""

    kind: ClassVar[str] = "aws.ecs"

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.kind} service {self.names['service']} in {self.names['region']}"

    def read(self) -> Found:
        """Deployment, task definition and tasks of the service.

        Raises:
            ServiceError: AWS refuses to say.
        """
        name = self.names["service"]
        client = aws.client("ecs", self.names["region"])
        answer = aws.asked(
            f"to describe service {name}",
            lambda: client.describe_services(cluster=name, services=[name]),
            absent=("ClusterNotFoundException",),
        )
        services = cast("list[dict[str, Any]]", (answer or {}).get("services") or [])
        active = [service for service in services if service.get("status") != "INACTIVE"]
        if not active:
            return Found("gone")
        found = active[0]
        deployment = _primary(found)
        definition = str(deployment.get("taskDefinition") or found.get("taskDefinition"))
        revision = _family(definition).removeprefix(f"{name}-")
        running = int(found.get("runningCount") or 0)
        described = aws.asked(
            f"to describe task definition {definition}",
            lambda: client.describe_task_definition(taskDefinition=definition),
        )
        containers = described["taskDefinition"].get("containerDefinitions") or [{}]
        return Found(
            state=_state(found, deployment, running),
            detail=str(deployment.get("rolloutStateReason") or found.get("status") or ""),
            revision=revision,
            digest=str(containers[0].get("image", "")).partition("@")[2],
            traffic={revision: 100},
            replicas=running,
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction, with our key.

        Raises:
            NotReachable: the load balancer is inside its network, or its name is not set yet.
            ServiceError: there was no answer.
        """
        return ask_balanced(self.names, body, key, timeout)

    def firing(self) -> tuple[str, ...]:
        """Names of the service's alarms that fire now."""
        return firing_alarms(self.names["region"], self.names["service"])


def _primary(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The newest deployment; after a rollback it is that of the old tasks."""
    deployments = cast("list[dict[str, Any]]", service.get("deployments") or [])
    return next((item for item in deployments if item.get("status") == "PRIMARY"), {})


def _state(
    service: Mapping[str, Any], deployment: Mapping[str, Any], running: int
) -> Literal["ready", "changing", "failed"]:
    if service.get("currentServiceDeployment") or service.get("status") == "DRAINING":
        return "changing"
    rollout = str(deployment.get("rolloutState") or "")
    if not rollout:
        return "ready" if running >= int(service.get("desiredCount") or 0) else "changing"
    return _STATES.get(rollout, "changing")


def _family(definition: str) -> str:
    """`…:task-definition/<family>:<number>`."""
    return definition.rpartition("/")[2].partition(":")[0]
