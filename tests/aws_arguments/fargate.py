"""Sizes of tasks on Fargate, as cfn-lint knows them."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator


def fargate_size(inputs: Any) -> list[str]:
    """Whether Fargate has a task's CPU units with its MiB; both are texts."""
    if "FARGATE" not in (inputs.get("requiresCompatibilities") or []):
        return []
    cpu, memory = (str(inputs.get(name, "")) for name in ("cpu", "memory"))
    if not (cpu.isdigit() and memory.isdigit()):
        return [f"cpu {cpu!r} and memory {memory!r}: Fargate needs the numbers of both"]
    task = {"RequiresCompatibilities": ["FARGATE"], "Cpu": cpu, "Memory": int(memory)}
    return [] if _sizes().is_valid(task) else [f"cpu {cpu} and memory {memory}: no size of Fargate"]


@cache
def _sizes() -> Any:
    folder = files("cfnlint") / "data/schemas/extensions/aws_ecs_taskdefinition"
    return Draft202012Validator(json.loads((folder / "fargate_cpu_memory.json").read_text()))
