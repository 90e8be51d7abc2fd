"""Sizes: the processors and memory that a Fargate task can have."""

_TABLE = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""MiB of memory by processor units: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/
fargate-tasks-services.html#fargate-tasks-size."""


def size_refusal(cpu: int, memory_mib: int) -> str:
    """Why Fargate has no such task, with the nearest that it has; empty when it has."""
    sizes = _TABLE[cpu]
    if memory_mib in sizes:
        return ""
    enough = [(units, size) for units in _TABLE for size in _TABLE[units] if size >= memory_mib]
    # The cheapest that holds it: fewer processors first, but not fewer than asked for.
    units, size = min((item for item in enough if item[0] >= cpu), default=(cpu, sizes[-1]))
    return (
        f"memory_mib {memory_mib}: a task with cpu {cpu} has {sizes[0]} to {sizes[-1]} in steps; "
        f"write cpu: {units}, memory_mib: {size}"
    )
