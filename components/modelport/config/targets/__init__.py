"""Targets: where a deployment runs; the model of a kind is in the module of its name.

`aws.sagemaker` is in `aws/sagemaker.py`, `aws.lambda` in `aws/lambda_.py`, since `lambda` is a word
of Python's. A module that is put here is found: nothing else lists the kinds.
"""

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Union, cast

from pydantic import Discriminator, Tag

from modelport.config.targets.base import CloudTarget, Replicas, Scaled, Target
from modelport.config.targets.local import LocalTarget

__all__ = [
    "PLANNED_KINDS",
    "TARGETS",
    "AnyTarget",
    "CloudTarget",
    "LocalTarget",
    "Replicas",
    "Scaled",
    "Target",
    "kind_module",
]

DEFAULT_KIND = "local"
"""Kind of a target that does not say one."""
_FAMILIES = (
    "ManagedEndpoint",
    "ServerlessPredictor",
    "GpuVmService",
    "AppService",
    "OnPremK8sService",
    "DockerService",
    "LocalService",
)
_CLOUDS = ("aws", "gcp", "azure")
_KNOWN = (
    "aws.beanstalk", "aws.ec2", "aws.ecs", "aws.lambda", "aws.sagemaker",
    "azure.container_apps", "azure.functions", "azure.ml", "azure.vm", "azure.web_app",
    "gcp.app_engine", "gcp.cloud_run", "gcp.compute", "gcp.functions", "gcp.vertex", "heroku",
    "batch.aws_batch", "batch.azure_batch", "batch.azure_ml", "batch.hadoop", "batch.kubernetes",
    "batch.local", "batch.sagemaker", "batch.spark", "batch.vertex",
    "docker", "edge", "hybrid", "kubernetes",
)  # fmt: skip


def kind_module(kind: str) -> str:
    """The path of a kind's modules: `aws.lambda` is `aws.lambda_`."""
    return ".".join(f"{part}_" if part == "lambda" else part for part in kind.split("."))


def _found() -> dict[str, type[Target]]:
    """Every kind's model, by family and cloud, in the order of the tables."""
    models: list[type[Target]] = []
    for item in pkgutil.walk_packages(__path__, f"{__name__}."):
        module = import_module(item.name)
        models += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, Target)
            and value.__module__ == item.name
            and "kind" in value.__annotations__
            and value is not Target
        ]
    return {_kind(model): model for model in sorted(models, key=_place)}


def _kind(model: type[Target]) -> str:
    return str(model.model_fields["kind"].default)


def _place(model: type[Target]) -> tuple[int, int, str]:
    cloud = _kind(model).partition(".")[0]
    where = _CLOUDS.index(cloud) if cloud in _CLOUDS else len(_CLOUDS)
    return _FAMILIES.index(model.COMPONENT), where, _kind(model)


TARGETS = _found()
"""The model of every kind."""
PLANNED_KINDS = tuple(kind for kind in _KNOWN if kind not in TARGETS)
"""Kinds that the framework knows by name and that this version refuses by that name."""


def _tag(value: object) -> str | None:
    if isinstance(value, Target):
        return f"<{value.kind}>"
    if isinstance(value, dict):
        return f"<{cast('dict[str, Any]', value).get('kind', DEFAULT_KIND)}>"
    return None


if TYPE_CHECKING:
    AnyTarget = Target
else:
    AnyTarget = Annotated[
        Union[tuple(Annotated[model, Tag(f"<{kind}>")] for kind, model in TARGETS.items())],  # noqa: UP007
        Discriminator(_tag),
    ]
"""A target of any kind; `kind` decides."""
