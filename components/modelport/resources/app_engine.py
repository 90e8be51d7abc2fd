"""modelport:gcp: services of App Engine."""

import pulumi

from modelport.resources.plugin import plugin_options


class AppEngineService(pulumi.CustomResource):
    """A service of a project's App Engine; declare its versions with `deleted_with` it.

    The arguments are those of `modelport.provider.app_engine_service.AppEngineServiceInputs`.
    """

    hostname: pulumi.Output[str]
    """Name under which it is reached, `SERVICE-dot-PROJECT.REGION.r.appspot.com`."""

    def __init__(
        self,
        name: str,
        *,
        project: pulumi.Input[str],
        region: pulumi.Input[str],
        service: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"project": project, "region": region, "service": service, "hostname": None}
        super().__init__("modelport:gcp:AppEngineService", name, props, plugin_options(opts))
