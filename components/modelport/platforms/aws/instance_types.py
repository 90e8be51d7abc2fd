"""Instance types of EC2: what their names say; no Pulumi.

https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
"""

import re
from typing import Literal

_FAMILY = re.compile(r"(?P<series>[a-z]+)(?P<generation>\d+)(?P<options>[a-z0-9-]*)\..+")
_OTHERS = re.compile(r"(inf|trn|dl|vt|f|mac)\d|g4ad\.")
"""Accelerators that are no GPUs of NVIDIA, and machines that are not for Linux."""


def architecture_of(instance: str) -> Literal["amd64", "arm64"]:
    """Processors of an instance type: a `g` behind the generation is Graviton, or Grace."""
    found = _FAMILY.fullmatch(instance)
    arm = found is not None and "g" in found["options"]
    return "arm64" if arm or instance.startswith("a1.") else "amd64"


def has_nvidia(instance: str) -> bool:
    """Whether an instance type has GPUs of NVIDIA: the series `g`, `gr` and `p`."""
    found = _FAMILY.fullmatch(instance)
    return found is not None and found["series"] in ("g", "gr", "p") and not has_others(instance)


def has_others(instance: str) -> bool:
    """Whether an instance type is for what no bundle uses: Inferentia, Trainium, FPGAs, AMD's."""
    return _OTHERS.match(instance) is not None


def accelerator_refusal(
    instance: str, accelerator: Literal["none", "nvidia"], gpu_memory: str | None
) -> str | None:
    """Why an instance type and what the model needs do not fit; none when they do."""
    gpus = has_nvidia(instance)
    if has_others(instance):
        return (
            f"instance {instance}: has an accelerator that nothing here uses; write an instance "
            "with GPUs of NVIDIA, e.g. g4dn.xlarge, or one without any, e.g. t3.small"
        )
    if accelerator == "nvidia" and not gpus:
        return (
            f"accelerator: nvidia, but {instance} has no GPU; write instance: g4dn.xlarge, "
            "or accelerator: none"
        )
    if accelerator == "none" and gpu_memory:
        wanted = "" if gpus else ", instance: g4dn.xlarge"
        return (
            f"workload.gpu_memory {gpu_memory}: the model would get no GPU; "
            f"write accelerator: nvidia{wanted}"
        )
    if accelerator == "none" and gpus:
        return (
            f"instance {instance}: has a GPU that would be idle; write accelerator: nvidia, "
            "or instance: t3.small"
        )
    return None
