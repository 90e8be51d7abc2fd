"""The live service of kind `aws.beanstalk`, read back through AWS's API, asked at its address."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, cast

from modelport.cloud import aws
from modelport.live.service import Answer, Found, LiveService
from modelport.platforms.aws.asking import ask_balanced
from modelport.platforms.aws.firing import firing_alarms

_GONE = frozenset({"Terminating", "Terminated"})


class Service(LiveService):
    """An environment of the application of its name; Beanstalk moves its traffic itself."""

    kind: ClassVar[str] = "aws.beanstalk"

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.kind} environment {self.names['environment']} in {self.names['region']}"

    def read(self) -> Found:
        """Version, status, health and instances of the environment.

        Raises:
            ServiceError: AWS refuses to say.
        """
        name = self.names["environment"]
        client = aws.client("elasticbeanstalk", self.names["region"])
        answer = aws.asked(
            f"to describe environment {name}",
            lambda: client.describe_environments(
                ApplicationName=name, EnvironmentNames=[name], IncludeDeleted=False
            ),
        )
        environments = cast("list[dict[str, Any]]", answer["Environments"])
        if not environments or environments[0].get("Status") in _GONE:
            return Found("gone")
        found = environments[0]
        resources = aws.asked(
            f"to list the instances of environment {name}",
            lambda: client.describe_environment_resources(EnvironmentName=name),
        )
        revision = str(found.get("VersionLabel") or "").removeprefix(f"{name}-")
        health = str(found.get("HealthStatus") or found.get("Health") or "")
        return Found(
            state=_state(found),
            detail=", ".join(part for part in (str(found.get("Status") or ""), health) if part),
            revision=revision,
            traffic={revision: 100},
            replicas=len(resources["EnvironmentResources"].get("Instances") or []),
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction, with our key.

        Raises:
            NotReachable: the load balancer is inside its network, or its name is not set yet.
            ServiceError: there was no answer.
        """
        return ask_balanced(self.names, body, key, timeout)

    def firing(self) -> tuple[str, ...]:
        """Names of the deployment's alarms that fire now."""
        return firing_alarms(self.names["region"], self.names["environment"])


def _state(found: Mapping[str, Any]) -> Literal["ready", "changing", "failed"]:
    """Colours: https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-status.html."""
    if found.get("Status") != "Ready":
        return "changing"
    return "failed" if found.get("Health") == "Red" else "ready"
