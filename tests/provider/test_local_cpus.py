"""CPU quotas as containers set them."""

import os
from pathlib import Path

import pytest

from modelport.provider.local_cpus import cpu_quota

CPUS = float(len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, CPUS),
        ({"cpu.max": "max 100000"}, CPUS),
        ({"cpu.max": "50000 100000"}, 0.5),
        ({"cpu.max": "garbage"}, CPUS),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, CPUS),
        ({"cpu/cpu.cfs_quota_us": "25000", "cpu/cpu.cfs_period_us": "100000"}, 0.25),
    ],
)
def test_quota(tmp_path: Path, files: dict[str, str], quota: float) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    assert cpu_quota(tmp_path) == quota
