"""How many CPUs this process may use, containers' quotas included."""

import os
from pathlib import Path

_MOST = 4
"""Workers that are started unasked: each takes about 200 MB."""


def default_workers() -> int:
    """One worker for each CPU of the quota, at least 1 and at most 4."""
    return max(1, min(_MOST, int(cpu_quota())))


def cpu_quota(root: Path = Path("/sys/fs/cgroup")) -> float:
    """CPUs that this process may use: its affinity, and a smaller cgroup quota if there is one.

    Reads cgroup v2's `cpu.max` and v1's `cpu.cfs_quota_us` (kernel documentation, cgroup-v2 and
    sched-bwc).
    """
    affinity = float(len(os.sched_getaffinity(0)))
    return min(affinity, _version_2(root), _version_1(root / "cpu"))


def _version_2(root: Path) -> float:
    quota, _, period = _read(root / "cpu.max").partition(" ")
    return _ratio(quota, period)


def _version_1(root: Path) -> float:
    return _ratio(_read(root / "cpu.cfs_quota_us"), _read(root / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float:
    """The quota in CPUs; infinite when there is none (`max`, -1 or no file)."""
    if not (quota.isdigit() and period.isdigit()) or int(period) == 0:
        return float("inf")
    return int(quota) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
