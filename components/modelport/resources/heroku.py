"""modelport:heroku: apps on Heroku, their config vars and their releases."""

from collections.abc import Mapping

import pulumi

from modelport.resources.plugin import plugin_options


class App(pulumi.CustomResource):
    """An app on Heroku that images are released to.

    The arguments are those of `modelport.provider.heroku_app.HerokuAppInputs`. Its id is the app's.
    """

    app_id: pulumi.Output[str]
    """Id of the app, which no other app of the same name ever has."""
    web_url: pulumi.Output[str]
    """Base address of the app; empty where it has none."""
    repository: pulumi.Output[str]
    """Where the image of its `web` process is pushed: `registry.heroku.com/NAME/web`."""

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        region: pulumi.Input[str],
        deployment: pulumi.Input[str],
        team: pulumi.Input[str] | None = None,
        maintenance: pulumi.Input[bool] = False,
        acm: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": name,
            "region": region,
            "deployment": deployment,
            "team": team,
            "maintenance": maintenance,
            "acm": acm,
            "app_id": None,
            "web_url": None,
            "repository": None,
        }
        super().__init__("modelport:heroku:App", resource_name, props, plugin_options(opts))


class ConfigVars(pulumi.CustomResource):
    """Config vars of an app; others that it has are left alone.

    The arguments are those of `modelport.provider.heroku_config_vars.HerokuConfigVarsInputs`.
    """

    names: pulumi.Output[list[str]]
    """Their names; the values are secret."""

    def __init__(
        self,
        resource_name: str,
        *,
        app: pulumi.Input[str],
        values: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        start_timeout: pulumi.Input[float] = 300,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "app": app,
            "values": pulumi.Output.secret(values),
            "start_timeout": start_timeout,
            "names": None,
        }
        super().__init__("modelport:heroku:ConfigVars", resource_name, props, plugin_options(opts))


class Release(pulumi.CustomResource):
    """An image that an app runs, with the number and size of its dynos.

    The arguments are those of `modelport.provider.heroku_release.HerokuReleaseInputs`. It depends
    on the app's config vars where there are some: `opts=pulumi.ResourceOptions(depends_on=…)`.
    """

    release: pulumi.Output[int]
    """Heroku's number of the release, `3` for v3."""
    releases: pulumi.Output[list[dict[str, str]]]
    """Versions that were live, each with the time from which it was; the last one is live."""
    web_url: pulumi.Output[str]
    """Base address of the app; empty where it has none."""

    def __init__(
        self,
        resource_name: str,
        *,
        app: pulumi.Input[str],
        image: pulumi.Input[str],
        version: pulumi.Input[str],
        quantity: pulumi.Input[int] = 1,
        size: pulumi.Input[str] = "basic",
        process: pulumi.Input[str] = "web",
        start_timeout: pulumi.Input[float] = 300,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "app": app,
            "image": image,
            "version": version,
            "quantity": quantity,
            "size": size,
            "process": process,
            "start_timeout": start_timeout,
            "release": None,
            "releases": None,
            "web_url": None,
        }
        super().__init__("modelport:heroku:Release", resource_name, props, plugin_options(opts))
