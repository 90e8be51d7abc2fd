"""Image: a private registry for each deployment, and the model's image in it, by digest."""

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.plan import AzurePlan
from modelport.resources.image import Image


@dataclass(frozen=True, slots=True)
class ModelImage:
    """The image of one model version."""

    registry: azure.containerregistry.Registry
    image: Image

    @property
    def reference(self) -> pulumi.Output[str]:
        """Repository and digest."""
        return self.image.reference

    @property
    def digest(self) -> pulumi.Output[str]:
        """Digest of the manifest: `sha256:…`."""
        return self.image.digest


def model_image(plan: AzurePlan, where: Group, *, adapter: str = "plain") -> ModelImage:
    """A registry without an administrator and without anonymous callers, and the image in it."""
    registry = azure.containerregistry.Registry(
        f"{plan.name}-images",
        registry_name=plan.compact(50),
        resource_group_name=where.name,
        location=plan.region,
        sku=azure.containerregistry.SkuArgs(name="Basic"),
        admin_user_enabled=False,
        anonymous_pull_enabled=False,
        tags=plan.tags,
        opts=where.opts,
    )
    image = Image(
        f"{plan.name}-image",
        bundle=plan.bundle,
        version=plan.version,
        repository=registry.login_server.apply(lambda host: f"{host}/{plan.bundle}"),
        registry="acr",
        adapter=adapter,
        opts=where.opts,
    )
    return ModelImage(registry, image)
