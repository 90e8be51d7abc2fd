"""Settings of all tests."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Time limits on single examples make a loaded machine fail honest tests.
settings.register_profile(
    "modelport", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("modelport")

_TOGETHER = {
    "cluster": "cluster",  # one Kubernetes on the machine
    "images": "machine",  # Docker's own network
    "stories": "machine",  # port 3000, and Docker
}
"""Folders whose long tests share something of the machine, and what to call it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one process play the long tests that would be in each other's way."""
    for item in items:
        group = _TOGETHER.get(Path(item.path).parent.name)
        if group is not None and item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.xdist_group(group))
