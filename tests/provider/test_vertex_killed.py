"""Updates on Vertex AI that are killed at one of their requests, and what holds after the next one.

Each round kills a process with SIGKILL: before its n-th request is served, when it was served but
not answered, or right after the answer, which is during an operation wherever one is waited for.
"""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from fakes.vertex import FakeVertex, Moment
from modelport.cloud.google import ENDPOINT
from provider.vertex_life import IDS

MOMENTS: tuple[Moment, ...] = get_args(Moment)
STEPS = [("a", 2, 13), ("b", 2, 20), ("b", 4, 5), ("a", 3, 20), ("down", 0, 7)]
"""What is wanted one after the other, its replicas, and how many requests that takes at least."""
LINGER = 1.5
"""Seconds by which what is under way outlasts a kill, so that the next process meets it."""
TESTS = Path(__file__).parents[1]


class Campaign:
    """One deployment that is updated by processes which are killed."""

    def __init__(self, folder: Path, fake: FakeVertex, seed: int) -> None:
        self._path = folder / "state.json"
        self._fake = fake
        self._steps = itertools.cycle(STEPS)
        self._random = random.Random(seed)

    def round(self) -> None:
        """Update once with a kill somewhere, and once without."""
        wanted, replicas, requests = next(self._steps)
        request, moment = self._random.randint(1, requests), self._random.choice(MOMENTS)
        victims: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            victims[0].kill()
            self._fake.linger(LINGER)

        self._fake.strike(request, moment, kill)
        victims.append(self._start(wanted, replicas))
        _, errors = victims[0].communicate(timeout=60)
        self._fake.spare()
        where = f"{wanted}, request {request} {moment}"
        # After its last answer a process may end before it is killed.
        ends = {-signal.SIGKILL, 0} if moment == "answered" else {-signal.SIGKILL}
        assert victims[0].returncode in ends, f"{where}: {errors.decode()}"
        process = self._start(wanted, replicas)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, f"{where}: {errors.decode()}"
        self._check(wanted, replicas)

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


def test_a_killed_update_is_finished_by_the_next(fake: FakeVertex, tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, fake, seed=1)
    for _ in range(6):
        campaign.round()


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_fifty_killed_updates_leave_nothing_behind(fake: FakeVertex, tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, fake, seed=20)
    for _ in range(50):
        campaign.round()
