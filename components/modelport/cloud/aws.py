"""AWS: clients of boto3, and requests that are signed with IAM."""

from collections.abc import Callable, Collection
from typing import Any

from modelport.errors import ServiceError


def client(service: str, region: str) -> Any:
    """A client of one service; `AWS_ENDPOINT_URL` names another address, e.g. of a test server.

    Its calls are bounded and tried again when they are throttled.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=10, read_timeout=70, retries={"max_attempts": 6, "mode": "standard"}
    )
    return boto3.Session().client(service, region_name=region, config=config)


def code(error: Exception) -> str:
    """The code of a refusal, e.g. `ValidationException`; the error's class where it has none."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def refused(what: str, error: Exception) -> ServiceError:
    """A refusal as one sentence: what was asked, and AWS's own words."""
    response = getattr(error, "response", {})
    message = response.get("Error", {}).get("Message") or str(error)
    return ServiceError(f"AWS refused {what}: {code(error)}: {message}")


def signed_headers(
    method: str, url: str, body: bytes, *, service: str, region: str
) -> dict[str, str]:
    """Headers of a request that IAM authenticates (Signature Version 4).

    Raises:
        ServiceError: there are no credentials.
    """
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    credentials = boto3.Session().get_credentials()
    if credentials is None:
        raise ServiceError("no credentials of AWS are here to sign the request with")
    request = AWSRequest(
        method=method, url=url, data=body, headers={"content-type": "application/json"}
    )
    SigV4Auth(credentials, service, region).add_auth(request)
    return {str(key): str(value) for key, value in request.headers.items()}


def asked(what: str, call: Callable[[], Any], *, absent: Collection[str] = ()) -> Any:
    """The answer to one call; none where AWS says with one of these codes that nothing is there.

    Args:
        what: What is asked, for the refusal: `to describe endpoint x`.
        call: The call of a client.
        absent: Codes that mean that it is not there, e.g. `ResourceNotFoundException`.

    Raises:
        ServiceError: AWS refused, or did not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        if code(error) in absent:
            return None
        raise refused(what, error) from None
