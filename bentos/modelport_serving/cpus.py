"""CPUs: how many this process may use, by its affinity and by the quota of its control group.

Version 2 of control groups has `cpu.max`, version 1 `cpu.cfs_quota_us` and `cpu.cfs_period_us`
(https://docs.kernel.org/admin-guide/cgroup-v2.html, …/cgroup-v1/). A container sees its own group
at the root of `/sys/fs/cgroup`.
"""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available_cpus(cgroup: Path = CGROUP) -> float:
    """CPUs that this process may use, e.g. 0.5 or 2.0."""
    allowed = float(len(os.sched_getaffinity(0)))
    quota = _version_2(cgroup) or _version_1(cgroup)
    return allowed if quota is None else min(allowed, quota)


def _version_2(cgroup: Path) -> float | None:
    text = _read(cgroup / "cpu.max")
    return _share(*text.split()) if len(text.split()) == 2 else None


def _version_1(cgroup: Path) -> float | None:
    return _share(
        _read(cgroup / "cpu" / "cpu.cfs_quota_us"), _read(cgroup / "cpu" / "cpu.cfs_period_us")
    )


def _share(quota: str, period: str) -> float | None:
    """None for `max` and -1, which say that there is no quota."""
    if not (quota.isdigit() and period.isdigit() and int(quota) and int(period)):
        return None
    return int(quota) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
