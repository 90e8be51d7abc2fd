"""Settings of all tests."""

import os

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Prices that somebody fetched on this machine must not change what tests expect.
os.environ["MODELPORT_PRICES"] = ""

# Time limits on single examples make a loaded machine fail honest tests.
settings.register_profile(
    "modelport", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("modelport")

_TOGETHER = {
    "cluster": "cluster",  # one Kubernetes on the machine
    "images": "machine",  # Docker's own network
    "setup": "setup",  # what was packed once
    "stories": "machine",  # port 3000, and Docker
}
"""Folders whose long tests share something of the machine, and what to call it."""
_APART = frozenset({"test_every_cloud.py", "test_pull_request.py"})
"""Stories that listen nowhere and need no Docker."""


class Together(LoadScopeScheduling):
    """Has one process play the long tests that would be in each other's way.

    xdist's own groups read a mark that pytest 9.2 no longer carries into a test's name.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder, file = nodeid.partition("::")[0].split("/")[-2:]
        return nodeid if file in _APART else _TOGETHER.get(folder, nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together | None:
    """Take it for `--dist loadscope`, which `make e2e` asks for."""
    return Together(config, log) if config.getoption("dist") == "loadscope" else None
