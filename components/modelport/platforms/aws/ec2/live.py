"""The live service of kind `aws.ec2`: groups behind weighted target groups, by AWS's API."""

import base64
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from modelport.cloud import aws
from modelport.errors import ServiceError
from modelport.live.service import Answer, Found, LiveService
from modelport.platforms.aws.asking import ask_balanced
from modelport.platforms.aws.firing import firing_alarms
from modelport.rollout import Counts

REVISION_HEADER = "x-modelport-revision"
"""Header that asks one revision, whatever its share."""
_IMAGE = re.compile(r"@(sha256:[0-9a-f]{64})")
_REFRESHING = frozenset(
    {"Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking", "WaitingForNextBatch"}
)
"""https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceRefresh.html."""
_MINUTE = 60


class Service(LiveService):
    """A rule of a load balancer; target group and Auto Scaling group have a revision's name."""

    kind: ClassVar[str] = "aws.ec2"
    moves_traffic: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.kind} service {self._name} in {self.names['region']}"

    def read(self) -> Found:
        """Weights of the rule, and the machines of the revision that takes most requests.

        Raises:
            ServiceError: AWS refuses to say.
        """
        weights = self._weights()
        if weights is None:
            return Found("gone")
        total = sum(weights.values()) or 1
        traffic = {revision: round(weight * 100 / total) for revision, weight in weights.items()}
        main = max(traffic, key=lambda revision: traffic[revision], default="")
        group = self._group(main)
        if group is None:
            return Found(
                "ready", f"no group runs {main}", revision=main, traffic=traffic, replicas=0
            )
        running = _running(group)
        refresh = self._refresh(main)
        return Found(
            state="changing" if refresh else "ready",
            detail=refresh,
            revision=main,
            digest=self._digest(main, running),
            traffic=traffic,
            replicas=len(running),
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction, with our key.

        Raises:
            NotReachable: the load balancer is inside its network, or its name is not set yet.
            ServiceError: there was no answer.
        """
        return ask_balanced(self.names, body, key, timeout)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """As `ask`, with the header that one revision listens to.

        Raises:
            NotReachable: the load balancer is inside its network, or its name is not set yet.
            ServiceError: there was no answer.
        """
        return ask_balanced(self.names, body, key, timeout, headers={REVISION_HEADER: revision})

    def shift(self, weights: Mapping[str, int]) -> None:
        """Write the weights of the rule; the load balancer follows within seconds.

        A target group without any weight is left out, so that it can be deleted.

        Raises:
            ServiceError: a revision has no machine that is ready, or AWS refuses.
        """
        groups = [
            {"TargetGroupArn": self._ready(revision), "Weight": weight}
            for revision, weight in weights.items()
            if weight
        ]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        aws.asked(
            f"to move the traffic of {self._name}",
            lambda: self._client("elbv2").modify_rule(RuleArn=self.names["rule"], Actions=[action]),
        )

    def counts(self, revision: str, since: float) -> Counts | None:
        """Requests and failures that the load balancer counted of a revision's target group.

        CloudWatch counts by the minute and is some minutes late.

        Raises:
            ServiceError: AWS refuses to say.
        """
        arn = self._target_group(revision)
        where = [
            {"Name": "LoadBalancer", "Value": self.names["balancer"]},
            {"Name": "TargetGroup", "Value": f"targetgroup/{arn.partition(':targetgroup/')[2]}"},
        ]
        queries = [
            {
                "Id": name,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/ApplicationELB",
                        "MetricName": metric,
                        "Dimensions": where,
                    },
                    "Period": _MINUTE,
                    "Stat": "Sum",
                },
            }
            for name, metric in (
                ("requests", "RequestCount"),
                ("errors", "HTTPCode_Target_5XX_Count"),
            )
        ]
        found = aws.asked(
            f"to count the requests of {self._name}",
            lambda: self._client("cloudwatch").get_metric_data(
                MetricDataQueries=queries,
                StartTime=datetime.fromtimestamp(since - since % _MINUTE, UTC),
                EndTime=datetime.fromtimestamp(time.time() + _MINUTE, UTC),
            ),
        )
        sums = {item["Id"]: int(sum(item["Values"])) for item in found["MetricDataResults"]}
        return Counts(sums.get("requests", 0), sums.get("errors", 0))

    def firing(self) -> tuple[str, ...]:
        """Names of the deployment's alarms that fire now."""
        return firing_alarms(self.names["region"], self._name)

    @property
    def _name(self) -> str:
        return self.names["service"]

    def _client(self, service: str) -> Any:
        return aws.client(service, self.names["region"])

    def _weights(self) -> dict[str, int] | None:
        """Weight by revision as the rule has it; none when there is no rule."""
        answer = aws.asked(
            f"to read the traffic of {self._name}",
            lambda: self._client("elbv2").describe_rules(RuleArns=[self.names["rule"]]),
            absent=("RuleNotFound",),
        )
        rules = cast("list[dict[str, Any]]", (answer or {}).get("Rules") or [])
        if not rules:
            return None
        actions = cast("list[dict[str, Any]]", rules[0].get("Actions") or [])
        groups = [
            group
            for action in actions
            for group in (action.get("ForwardConfig") or {}).get("TargetGroups") or []
        ]
        return {
            str(group["TargetGroupArn"]).split("/")[1].removeprefix(f"{self._name}-"): int(
                group.get("Weight", 1)
            )
            for group in groups
        }

    def _target_group(self, revision: str) -> str:
        name = f"{self._name}-{revision}"
        answer = aws.asked(
            f"to read target group {name}",
            lambda: self._client("elbv2").describe_target_groups(Names=[name]),
            absent=("TargetGroupNotFound",),
        )
        if answer is None:
            message = f"{self.title}: no target group is of revision {revision}"
            raise ServiceError(message)
        return str(answer["TargetGroups"][0]["TargetGroupArn"])

    def _ready(self, revision: str) -> str:
        """The revision's target group, which has a machine that is ready."""
        arn = self._target_group(revision)
        answer = aws.asked(
            f"to read the machines of {revision}",
            lambda: self._client("elbv2").describe_target_health(TargetGroupArn=arn),
        )
        states = [str(item["TargetHealth"]["State"]) for item in answer["TargetHealthDescriptions"]]
        if "healthy" not in states:
            seen = ", ".join(sorted(set(states))) or "none"
            message = f"{self.title}: no machine of revision {revision} is ready ({seen})"
            raise ServiceError(message)
        return arn

    def _group(self, revision: str) -> dict[str, Any] | None:
        name = f"{self._name}-{revision}"
        answer = aws.asked(
            f"to read group {name}",
            lambda: self._client("autoscaling").describe_auto_scaling_groups(
                AutoScalingGroupNames=[name]
            ),
        )
        groups = cast("list[dict[str, Any]]", answer["AutoScalingGroups"])
        return groups[0] if groups else None

    def _refresh(self, revision: str) -> str:
        """What an instance refresh does now; empty when none is on its way."""
        name = f"{self._name}-{revision}"
        answer = aws.asked(
            f"to read the refreshes of group {name}",
            lambda: self._client("autoscaling").describe_instance_refreshes(
                AutoScalingGroupName=name, MaxRecords=1
            ),
        )
        found = cast("list[dict[str, Any]]", answer["InstanceRefreshes"])
        if not found or found[0].get("Status") not in _REFRESHING:
            return ""
        return f"instances are being replaced: {found[0].get('PercentageComplete', 0)} %"

    def _digest(self, revision: str, running: list[dict[str, Any]]) -> str:
        """The image that the oldest of the running machines was started with."""
        versions = [str((item.get("LaunchTemplate") or {}).get("Version", "")) for item in running]
        numbers = [int(version) for version in versions if version.isdigit()]
        if not numbers:
            return ""
        answer = aws.asked(
            f"to read the launch template of {revision}",
            lambda: self._client("ec2").describe_launch_template_versions(
                LaunchTemplateName=f"{self._name}-{revision}", Versions=[str(min(numbers))]
            ),
        )
        data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        text = base64.b64decode(str(data.get("UserData") or "")).decode(errors="replace")
        found = _IMAGE.search(text)
        return found[1] if found else ""


def _running(group: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Machines of a group that serve."""
    return [
        item
        for item in cast("list[dict[str, Any]]", group.get("Instances") or [])
        if item.get("LifecycleState") == "InService" and item.get("HealthStatus") == "Healthy"
    ]
