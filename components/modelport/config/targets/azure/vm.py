"""Kind `azure.vm`: a scale set of virtual machines."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from modelport.config.base import Model
from modelport.config.targets.azure.base import AzureTarget, SubnetId
from modelport.config.targets.base import Component


def has_nvidia_gpus(machine: str) -> bool:
    """Whether a size of machine is of a series with GPUs of NVIDIA: NC, ND and NV.

    https://learn.microsoft.com/azure/virtual-machines/sizes/overview
    """
    return machine.startswith(("Standard_NC", "Standard_ND", "Standard_NV"))


class Network(Model):
    """A network of yours; left out, the deployment gets one of its own, with a way out by NAT."""

    machines: SubnetId
    """Subnet of the machines."""
    gateway: SubnetId
    """Subnet of the gateway, which holds nothing else."""


class AzureVmTarget(AzureTarget):
    """A scale set of virtual machines that heal themselves, behind an application gateway."""

    COMPONENT: ClassVar[Component] = "GpuVmService"

    kind: Literal["azure.vm"] = "azure.vm"
    """Kind of target."""
    machine: Annotated[str, Field(pattern=r"^Standard_[A-Za-z0-9_]+$")] = "Standard_D2s_v3"
    """Size of a machine, e.g. `Standard_D2s_v3` or `Standard_NC4as_T4_v3`."""
    accelerator: Literal["none", "nvidia"] = "none"
    """Whether the machines have NVIDIA GPUs that the model uses."""
    spot: bool = False
    """Whether machines may be taken away at any time, for a lower price."""
    disk_gib: Annotated[int, Field(ge=30, le=2048)] = 30
    """Encrypted disk that each machine starts from, in GiB."""
    cpu_target: Annotated[int, Field(ge=20, le=95)] = 60
    """Percent of processor use over which a machine is added; below half of it one goes."""
    network: Network | None = None
    """A network of yours."""
    certificate: (
        Annotated[str, Field(pattern=r"^https://[a-z0-9-]+\.vault\.azure\.net/secrets/[^\s]+$")]
        | None
    ) = None
    """A certificate in a Key Vault that the deployment's identity may read; `exposure: public`
    needs one."""

    @model_validator(mode="after")
    def _gpu(self) -> Self:
        has = has_nvidia_gpus(self.machine)
        if has != (self.accelerator == "nvidia"):
            wanted = "nvidia" if has else "none, or a machine like Standard_NC4as_T4_v3"
            message = (
                f"machine {self.machine} and accelerator {self.accelerator} do not fit; write "
                f"accelerator: {wanted}"
            )
            raise ValueError(message)
        return self
