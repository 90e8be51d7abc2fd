"""modelport:image: images of bundles in a registry."""

import pulumi

from modelport.resources.plugin import plugin_options


class Image(pulumi.CustomResource):
    """The image of a built bundle, pushed to a registry and named by its digest.

    The arguments are those of `modelport.provider.model_image.ModelImageInputs`.
    """

    digest: pulumi.Output[str]
    """Digest of the manifest: `sha256:…`."""
    reference: pulumi.Output[str]
    """Repository and digest, `repository@sha256:…`: what a platform is told to run."""
    image_id: pulumi.Output[str]
    """Digest of the image's configuration, which Heroku's releases name."""
    verified: pulumi.Output[str]
    """What was proved when it was last pushed or found."""

    def __init__(
        self,
        name: str,
        *,
        bundle: pulumi.Input[str],
        version: pulumi.Input[str],
        repository: pulumi.Input[str],
        registry: pulumi.Input[str],
        adapter: pulumi.Input[str] = "plain",
        architecture: pulumi.Input[str] = "amd64",
        base_image: pulumi.Input[str] | None = None,
        tag: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "bundle": bundle,
            "version": version,
            "repository": repository,
            "registry": registry,
            "adapter": adapter,
            "architecture": architecture,
            "base_image": base_image,
            "tag": tag,
            # Outputs, known once it is there.
            "digest": None,
            "reference": None,
            "image_id": None,
            "verified": None,
        }
        super().__init__("modelport:image:Image", name, props, plugin_options(opts))
