"""What the resource types of Vertex AI share: names, and operations that are under way.

Names hold the project as the caller knows it; Vertex AI answers with the project's number. Two
names are therefore the same when their region and id are.
"""

import re
import time
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from modelport.cloud.google import Google, NotFoundError, OperationFailedError
from modelport.errors import ServiceError
from modelport.provider.handler import Inputs

OFFLINE_PROJECT = "000000000000"
"""Project number in names that were invented offline."""
OFFLINE_TIME = "2024-01-01T00:00:00Z"
"""When everything happened offline."""
_MODEL = re.compile(r"projects/([^/]+)/locations/([^/]+)/models/([^/@]+)(@[^/]+)?")


class VertexInputs(Inputs):
    """Inputs of everything on Vertex AI."""

    project: Annotated[str, Field(min_length=1)]
    """Project id."""
    region: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+$")]
    """Region, e.g. `europe-west4`."""

    @property
    def parent(self) -> str:
        """The region in the project."""
        return f"projects/{self.project}/locations/{self.region}"


def vertex(region: str) -> Google:
    """Vertex AI's REST API in one region."""
    return Google(f"https://{region}-aiplatform.googleapis.com/v1")


def found(google: Google, name: str) -> dict[str, Any] | None:
    """A resource as it is now; none when it is not there."""
    try:
        return google.get(name)
    except NotFoundError:
        return None


def settle(google: Google, name: str, timeout: float, status: Callable[[str], None]) -> None:
    """Wait until nothing is being done to a resource, however that ends.

    What an update that was killed has begun goes on without it; only when it has ended is it plain
    what is there.

    Args:
        google: The API.
        name: Full name of the resource; it need not exist yet.
        timeout: Seconds.
        status: Told how long it takes.

    Raises:
        ServiceError: an operation has not ended in time, or Google did not answer.
    """
    until = time.monotonic() + timeout
    for operation in _under_way(google, name):
        try:
            google.wait(operation, until - time.monotonic(), status)
        except (NotFoundError, OperationFailedError):
            continue  # it has ended, that is all that counts here


def model_parts(name: str) -> tuple[str, str, str]:
    """Project, region and id in a model's full name, which may end in a version.

    Raises:
        ServiceError: it is no such name.
    """
    match = _MODEL.fullmatch(name)
    if match is None:
        message = (
            f"{name!r} is no model's full name; it looks like "
            "projects/PROJECT/locations/REGION/models/ID"
        )
        raise ServiceError(message)
    return match.group(1), match.group(2), match.group(3)


def same_model(one: str, other: str) -> bool:
    """Whether two full names are of one model, whatever they call the project."""
    return model_parts(one)[1:] == model_parts(other)[1:]


def _under_way(google: Google, name: str) -> list[dict[str, Any]]:
    try:
        operations = list(google.pages(f"{name}/operations", "operations"))
    except NotFoundError:
        return []
    return [operation for operation in operations if not operation.get("done")]
