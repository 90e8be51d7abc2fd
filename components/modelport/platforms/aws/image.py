"""Image: a private registry for each deployment, and the model's image in it, by digest."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.platforms.aws.account import Account
from modelport.resources.image import Image

_UNTAGGED_DAYS = 14


@dataclass(frozen=True, slots=True)
class ModelImage:
    """The image of one model version."""

    repository: aws.ecr.Repository
    image: Image

    @property
    def reference(self) -> pulumi.Output[str]:
        """Repository and digest."""
        return self.image.reference

    @property
    def digest(self) -> pulumi.Output[str]:
        """Digest of the manifest: `sha256:…`."""
        return self.image.digest


def model_image(
    plan: CloudPlan,
    account: Account,
    key: aws.kms.Key,
    *,
    architecture: str = "amd64",
) -> ModelImage:
    """A repository whose tags never change, scanned and encrypted, and the image in it."""
    repository = aws.ecr.Repository(
        f"{plan.name}-images",
        name=plan.physical_name,
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(
            scan_on_push=True
        ),
        encryption_configurations=[
            aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=key.arn)
        ],
        # Without images a repository is nothing; in prod somebody must say so first.
        force_delete=plan.environment != "prod",
        tags=plan.tags,
        opts=account.opts,
    )
    aws.ecr.LifecyclePolicy(
        f"{plan.name}-images-lifecycle",
        repository=repository.name,
        policy=json.dumps(
            {
                "rules": [
                    {
                        "rulePriority": 1,
                        "description": "what no tag names any more",
                        "selection": {
                            "tagStatus": "untagged",
                            "countType": "sinceImagePushed",
                            "countUnit": "days",
                            "countNumber": _UNTAGGED_DAYS,
                        },
                        "action": {"type": "expire"},
                    }
                ]
            }
        ),
        opts=account.opts,
    )
    image = Image(
        f"{plan.name}-image",
        bundle=plan.bundle,
        version=plan.version,
        architecture=architecture,
        repository=repository.repository_url,
        registry="ecr",
        opts=account.opts,
    )
    return ModelImage(repository, image)
