"""modelport:gcp:AppEngineService: a service of a project's App Engine, which its versions go with.

App Engine makes a service with its first version and takes no last one away without it. Google's
Pulumi provider removes a service only in place of a version
(`delete_service_on_destroy`), also when newer versions of it serve; so a service is a resource of
its own here, and versions are declared with `deleted_with` it.
"""

from typing import Annotated

from pydantic import Field, field_validator

from modelport.cloud.google import Google, NotFoundError
from modelport.errors import ServiceError
from modelport.provider.handler import Context, Handler, Inputs, Outputs

_API = "https://appengine.googleapis.com/v1"
_MOST_SECONDS = 1200.0
"""Seconds that the machines of all versions have to go."""
_LOCATIONS = {"europe-west1": "europe-west", "us-central1": "us-central"}
"""Regions that App Engine calls otherwise:
https://cloud.google.com/appengine/docs/standard/locations."""


class AppEngineServiceInputs(Inputs):
    """Inputs of a service."""

    project: Annotated[str, Field(min_length=1)]
    """Project id."""
    region: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+$")]
    """Region of the project's App Engine, which never changes, e.g. `europe-west1`."""
    service: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    """Name; never `default`, which is the project's own."""

    @field_validator("service")
    @classmethod
    def _own(cls, name: str) -> str:
        if name == "default":
            raise ValueError("service 'default' is the project's own; choose another name")
        return name

    @property
    def path(self) -> str:
        """Its full name."""
        return f"apps/{self.project}/services/{self.service}"


class AppEngineServiceHandler(Handler[AppEngineServiceInputs]):
    """Its id is its full name."""

    token = "modelport:gcp:AppEngineService"
    inputs = AppEngineServiceInputs
    replaces = frozenset({"project", "service"})
    identity = frozenset({"project", "service"})

    def create(self, context: Context, inputs: AppEngineServiceInputs) -> tuple[str, Outputs]:
        """Make sure that the project can have it; its first version makes it."""
        context.status("looking at the project's App Engine")
        return inputs.path, _outputs(inputs)

    def read(
        self,
        context: Context,
        resource_id: str,
        inputs: AppEngineServiceInputs,
        outputs: Outputs,
    ) -> Outputs | None:
        """None when the service is gone, with all of its versions."""
        del context, inputs
        try:
            Google(_API).get(resource_id)
        except NotFoundError:
            return None
        return outputs

    def update(
        self,
        context: Context,
        resource_id: str,
        old: AppEngineServiceInputs,
        new: AppEngineServiceInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Only the region can differ, and it must be that of App Engine."""
        del context, resource_id, old, outputs
        return _outputs(new)

    def delete(self, context: Context, resource_id: str, inputs: AppEngineServiceInputs) -> None:
        """Remove it with all of its versions."""
        del inputs
        google = Google(_API)
        try:
            operation = google.delete(resource_id)
            google.wait(operation, _MOST_SECONDS, context.status)
        except NotFoundError:
            return

    def invented(self, inputs: AppEngineServiceInputs) -> Outputs:
        """An address that resolves nowhere."""
        return {"hostname": f"{inputs.service}-dot-{inputs.project}.offline.invalid"}

    def offline_id(self, inputs: AppEngineServiceInputs) -> str:
        """As a real one."""
        return inputs.path


def _outputs(inputs: AppEngineServiceInputs) -> Outputs:
    google = Google(_API)
    app = f"apps/{inputs.project}"
    location = _LOCATIONS.get(inputs.region, inputs.region)
    try:
        found = google.get(app)
    except NotFoundError:
        message = (
            f"project {inputs.project} has no App Engine; run 'gcloud app create "
            f"--project {inputs.project} --region {location}', which cannot be undone"
        )
        raise ServiceError(message) from None
    if found.get("locationId") != location:
        message = (
            f"target.region {inputs.region}: App Engine of project {inputs.project} is in "
            f"{found.get('locationId')} for good; write that region, or choose another project"
        )
        raise ServiceError(message)
    try:
        google.get(f"{app}/services/default")
    except NotFoundError:
        message = (
            f"App Engine of project {inputs.project} has no service 'default' yet, and takes no "
            "other one before it; deploy one of yours with 'gcloud app deploy'"
        )
        raise ServiceError(message) from None
    return {"hostname": f"{inputs.service}-dot-{found['defaultHostname']}"}
