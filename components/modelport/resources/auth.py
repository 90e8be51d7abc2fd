"""modelport:auth: keys that callers send, and keys that let nobody in."""

import pulumi

from modelport.resources.plugin import plugin_options


class ApiKey(pulumi.CustomResource):
    """A random API key (256 bits) for one deployment; it lives in the state only, as a secret."""

    value: pulumi.Output[str]
    """The key, secret."""

    def __init__(
        self,
        name: str,
        *,
        deployment: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"deployment": deployment, "value": None}
        super().__init__("modelport:auth:ApiKey", name, props, plugin_options(opts))


class LoginKey(pulumi.CustomResource):
    """An SSH public key whose private half nobody has, for machines that must be given a login."""

    value: pulumi.Output[str]
    """The public key, `ssh-rsa …`."""

    def __init__(
        self,
        name: str,
        *,
        deployment: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"deployment": deployment, "value": None}
        super().__init__("modelport:auth:LoginKey", name, props, plugin_options(opts))
