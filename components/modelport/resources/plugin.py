"""The options that every resource of the plugin needs."""

import pulumi

from modelport import __version__


def plugin_options(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """The caller's options, with the plugin's version so that the engine finds it."""
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=__version__), opts)
