"""Image: a private repository in the region, and the model's image in it, by digest."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.gcp.plan import GooglePlan
from modelport.platforms.gcp.project import Project
from modelport.resources.image import Image

_UNTAGGED_SECONDS = 14 * 86400


@dataclass(frozen=True, slots=True)
class ModelImage:
    """The image of one model version."""

    repository: gcp.artifactregistry.Repository
    image: Image

    @property
    def reference(self) -> pulumi.Output[str]:
        """Repository and digest."""
        return self.image.reference

    @property
    def digest(self) -> pulumi.Output[str]:
        """Digest of the manifest: `sha256:…`."""
        return self.image.digest


def model_image(plan: GooglePlan, where: Project) -> ModelImage:
    """A repository whose tags never change, and the image in it.

    Vertex AI and Cloud Run want it in their own region, not in a group of regions.
    """
    repository = gcp.artifactregistry.Repository(
        f"{plan.name}-images",
        repository_id=plan.physical_name,
        location=plan.region,
        format="DOCKER",
        docker_config=gcp.artifactregistry.RepositoryDockerConfigArgs(immutable_tags=True),
        kms_key_name=plan.encryption_key,
        cleanup_policies=[untagged()],
        labels=plan.tags,
        opts=where.opts,
    )
    image = Image(
        f"{plan.name}-image",
        bundle=plan.bundle,
        version=plan.version,
        repository=repository.repository_id.apply(
            lambda name: f"{plan.region}-docker.pkg.dev/{plan.project}/{name}/{plan.bundle}"
        ),
        registry="artifact_registry",
        opts=where.opts,
    )
    return ModelImage(repository, image)


def untagged() -> gcp.artifactregistry.RepositoryCleanupPolicyArgs:
    """What a repository forgets: images that no tag names any more."""
    return gcp.artifactregistry.RepositoryCleanupPolicyArgs(
        id="untagged",
        action="DELETE",
        condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(
            tag_state="UNTAGGED", older_than=f"{_UNTAGGED_SECONDS}s"
        ),
    )
