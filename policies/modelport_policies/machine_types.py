"""Machine types: which families have a GPU, and which have had a cheaper successor for years."""

import re

_GPUS = {
    "aws": re.compile(r"(ml\.)?(p\d|g\d|gr\d|inf\d|trn\d|dl\d)[a-z0-9-]*\."),
    "gcp": re.compile(r"(a2|a3|a4|g2|g4)-"),
    "azure": re.compile(r"standard_n", re.IGNORECASE),
}
_OLD = {
    "aws": re.compile(r"(ml\.)?(t1|t2|m[1-4]|c[134]|r[34]|i2|g[23]|p2)\."),
    "gcp": re.compile(r"(f1|g1)-"),
    "azure": re.compile(r"standard_(a\d+m?_v2|ds?\d+_v2|nc\d+r?(s_v2)?|nv\d+)$", re.IGNORECASE),
}


def has_gpu(cloud: str, machine: str) -> bool:
    """Whether machines of this type have an accelerator, by the names that the cloud gives."""
    return bool(_GPUS[cloud].match(machine))


def is_old(cloud: str, machine: str) -> bool:
    """Whether a newer family does the same for less, by the cloud's own list of generations."""
    return bool(_OLD[cloud].match(machine))
