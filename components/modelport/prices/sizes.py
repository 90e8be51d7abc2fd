"""Sizes: which key of a target names a size, and the service of the price book that prices it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sized:
    """A key of a kind of target that names what is billed by the hour."""

    kind: str
    """Kind of target."""
    key: str
    """Key of the target, e.g. `instance`."""
    service: str
    """Service of the price book."""

    @property
    def provider(self) -> str:
        """Provider in the price book."""
        return self.kind.partition(".")[0]

    def sku(self, value: str) -> str:
        """The price book's name of a value of the key."""
        return accelerator_sku(value) if self.key == "accelerator" else value


def accelerator_sku(name: str) -> str:
    """The price book's name of an accelerator of Google's: `nvidia-l4` of `NVIDIA_L4`."""
    return name.lower().replace("_", "-")


SIZED = (
    Sized("aws.sagemaker", "instance", "sagemaker-hosting"),
    Sized("aws.ec2", "instance", "ec2"),
    Sized("aws.beanstalk", "instance", "ec2"),
    Sized("gcp.vertex", "machine", "vertex-ai-prediction"),
    Sized("gcp.vertex", "accelerator", "vertex-ai-prediction-gpu"),
    Sized("gcp.compute", "machine", "compute-engine"),
    Sized("gcp.compute", "accelerator", "compute-engine-gpu"),
    Sized("gcp.cloud_run", "gpu", "cloud-run-gpu"),
    Sized("azure.ml", "instance", "azure-ml-compute"),
    Sized("azure.vm", "machine", "vm"),
    Sized("azure.web_app", "plan", "app-service-plan-linux"),
    Sized("azure.functions", "plan", "functions-premium"),
    Sized("heroku", "dyno", "dyno"),
)
"""Every key of every kind that names a size; other kinds are billed by processors and memory."""
