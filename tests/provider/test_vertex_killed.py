"""Updates on Vertex AI that are killed at one of their requests, and what holds after the next one.

Each round kills a process with SIGKILL: before its n-th request is served, when it was served but
not answered, or right after the answer, which is during an operation wherever one is waited for.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from fakes.vertex import FakeVertex, Moment
from modelport.cloud.google import ENDPOINT
from provider.vertex_life import IDS

MOMENTS: tuple[Moment, ...] = get_args(Moment)
STEPS = [("a", 2), ("b", 2), ("b", 4), ("a", 3), ("down", 0)]
"""What is wanted one after the other, and of how many replicas."""
TESTS = Path(__file__).parents[1]


class Campaign:
    """One deployment that is updated by processes which are killed."""

    def __init__(self, folder: Path, fake: FakeVertex) -> None:
        self._path = folder / "state.json"
        self._fake = fake
        self._steps = iter(_forever())
        self.kills = 0

    def round(self, request: int, moment: Moment) -> bool:
        """Update once with a kill and once without; whether there was something to kill."""
        wanted, replicas = next(self._steps)
        victims: list[subprocess.Popen[bytes]] = []
        self._fake.strike(request, moment, lambda: victims[0].kill())
        victims.append(self._start(wanted, replicas))
        _, errors = victims[0].communicate(timeout=60)
        self._fake.spare()
        code = victims[0].returncode
        assert code in {0, -signal.SIGKILL}, errors.decode()
        self.kills += code != 0
        process = self._start(wanted, replicas)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
        self._check(wanted, replicas)
        return code != 0

    def _start(self, wanted: str, replicas: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable, "-m", "provider.vertex_life",
                str(self._path), wanted, str(replicas),
            ],
            env={**os.environ, "PYTHONPATH": str(TESTS), ENDPOINT: self._fake.address},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def _check(self, wanted: str, replicas: int) -> None:
        """Exactly what is wanted is there, and the state knows all of it."""
        state = self._fake.state
        endpoint = next(iter(state.endpoints.values()))
        models = [name.rpartition("/")[2] for name in state.models]
        remembered = json.loads(self._path.read_text())
        if wanted == "down":
            assert (models, list(endpoint.deployed_models)) == ([], [])
            assert dict(endpoint.traffic_split) == {}
            assert remembered == {}
        else:
            assert models == [f"cancer-{wanted}"]
            assert [item.id for item in endpoint.deployed_models] == [IDS[wanted]]
            resources = endpoint.deployed_models[0].dedicated_resources
            assert resources.max_replica_count == replicas
            split = {key: share for key, share in endpoint.traffic_split.items() if share}
            assert split == {IDS[wanted]: 100}
            assert set(remembered) == {f"model-{wanted}", f"deployed-{wanted}", "traffic"}
        assert all(operation.done for operation in state.operations.values())
        # What was begun and what was removed differ by what is there: nothing was made twice.
        made, gone = (
            state.accepted["uploadModel", "cancer-a"],
            state.accepted["deleteModel", "cancer-a"],
        )
        assert made - gone == (wanted == "a")
        for version, own in IDS.items():
            begun = state.accepted["deployModel", own] - state.accepted["undeployModel", own]
            assert begun == (wanted == version)


def _forever() -> Iterator[tuple[str, int]]:
    while True:
        yield from STEPS


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_update_is_finished_by_the_next(
    fake: FakeVertex, tmp_path: Path, moment: Moment
) -> None:
    campaign = Campaign(tmp_path, fake)
    for request in (3, 7):
        assert campaign.round(request, moment)


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_fifty_killed_updates_leave_nothing_behind(fake: FakeVertex, tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, fake)
    number = 0
    while campaign.kills < 50:  # 23 requests, 3 moments and 5 steps meet in every way
        campaign.round(number % 23 + 1, MOMENTS[number % len(MOMENTS)])
        number += 1
    campaign.round(1000, "lost")
