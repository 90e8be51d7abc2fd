"""The live service of kind `aws.sagemaker`, read back and asked through AWS's API."""

from typing import Any, ClassVar, Literal

from modelport.cloud import aws
from modelport.errors import ServiceError
from modelport.live.service import Answer, Found, LiveService

_STATES: dict[str, Literal["ready", "failed"]] = {
    "InService": "ready",
    "Failed": "failed",
    "UpdateRollbackFailed": "failed",
}
"""Every other status is one of change:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html."""


class Service(LiveService):
    """An endpoint; SageMaker moves its traffic itself."""

    kind: ClassVar[str] = "aws.sagemaker"

    def read(self) -> Found:
        """Status, configuration and instances of the endpoint.

        Raises:
            ServiceError: AWS refuses to say.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        name = self.names["endpoint"]
        try:
            found = self._client("sagemaker").describe_endpoint(EndpointName=name)
        except ClientError as error:
            if aws.code(error) == "ValidationException" and "Could not find" in str(error):
                return Found("gone")
            raise aws.refused(f"to describe endpoint {name}", error) from None
        except BotoCoreError as error:
            raise aws.refused(f"to describe endpoint {name}", error) from None
        return _found(name, found)

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction, signed with IAM.

        Raises:
            ServiceError: AWS or the container refused.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        del key, timeout  # the platform knows the callers, and answers within a minute
        name = self.names["endpoint"]
        try:
            answer = self._client("sagemaker-runtime").invoke_endpoint(
                EndpointName=name,
                ContentType="application/json",
                Accept="application/json",
                Body=body,
            )
            return Answer(200, answer["Body"].read(), {})
        except (ClientError, BotoCoreError) as error:
            raise ServiceError(str(aws.refused(f"to invoke endpoint {name}", error))) from None

    def _client(self, service: str) -> Any:
        return aws.client(service, self.names["region"])


def _found(name: str, described: dict[str, Any]) -> Found:
    configuration = str(described.get("EndpointConfigName", ""))
    revision = configuration.removeprefix(f"{name}-")
    variants = described.get("ProductionVariants") or [{}]
    images = variants[0].get("DeployedImages") or [{}]
    resolved = str(images[0].get("ResolvedImage") or images[0].get("SpecifiedImage") or "")
    status = str(described.get("EndpointStatus"))
    reason = str(described.get("FailureReason") or "")
    return Found(
        state=_STATES.get(status, "changing"),
        detail=f"{status}: {reason}" if reason else status,
        revision=revision,
        digest=resolved.partition("@")[2],
        traffic={revision: 100},
        replicas=variants[0].get("CurrentInstanceCount"),
    )
