"""Updates of a Vertex AI deployment that are killed with the real engine at one of its requests.

The program declares what `gcp.vertex` does, but for the endpoint, which Google's own provider
makes: a model, its deployment, and the traffic that moves before the old ones go. At the n-th
request to Vertex AI the engine, our plugin or everything is killed; the next `modelport up` must
come to what the program says, with nothing beside it.
"""

import itertools
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from engine_project import STACK, Project
from fakes.vertex import FakeVertex, Moment
from killing import MODELPORT, begin, end_of, engines, kill, with_checkpoints
from modelport.cloud.google import ENDPOINT
from platform_life import FIRST, SECOND, place_bundle
from provider.vertex_life import IDS, PROJECT, REGION, deployed_inputs, model_inputs

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

KILLS = int(os.environ.get("MODELPORT_KILLS", "3"))
SEED = int(os.environ.get("MODELPORT_SEED", "20"))
MOMENTS: tuple[Moment, ...] = get_args(Moment)
VICTIMS = ("engine", "plugin", "all")
STEPS = [("a", 2), ("b", 2), ("b", 4), ("a", 3), ("", 0)]
"""Versions that are wanted one after the other, and their replicas; empty: nothing at all."""
VERSIONS = {"a": FIRST, "b": SECOND}
LINGER = 3.0
"""Seconds by which what is under way outlasts a kill, so that the next update meets it."""
PROGRAM = """
import pulumi
from modelport.resources import Traffic, VertexDeployedModel, VertexModel

model = VertexModel("model-{version}", **{model!r})
deployed = VertexDeployedModel("deployed-{version}", **{deployed!r}, model=model.name)
Traffic("traffic", kind="gcp.vertex", names={names!r}, revision="cancer-{version}",
        rollout="all_at_once", bundle="breast_cancer", version={bundle!r},
        opts=pulumi.ResourceOptions(depends_on=[deployed]))
"""
NAMES = {"project": PROJECT, "region": REGION, "endpoint": "cancer", "exposure": "private"}


class Campaign:
    """One deployment whose updates are killed again and again."""

    def __init__(self, folder: Path, fake: FakeVertex, seed: int) -> None:
        self.project = Project(folder)
        with_checkpoints(self.project)
        self.project.env[ENDPOINT] = fake.address
        (folder / f"Pulumi.{STACK}.yaml").write_text("config: {}\n")
        for version in VERSIONS.values():
            place_bundle(self.project.home, version)
        self.kills: Counter[str] = Counter()
        self._fake = fake
        self._steps = itertools.cycle(STEPS)
        self._random = random.Random(seed)
        self._usual: dict[tuple[str, int], int] = {}

    def learn(self) -> None:
        """Play every step once, to know how many requests it takes."""
        for wanted, replicas in STEPS:
            before = len(self._fake.requests)
            self._write(wanted, replicas)
            self._up(wanted, replicas, "unharmed")
            self._usual[wanted, replicas] = len(self._fake.requests) - before

    def round(self) -> None:
        """Kill one update at a request, then check that the next one converges."""
        wanted, replicas = next(self._steps)
        request = self._random.randint(1, self._usual[wanted, replicas])
        moment, victim = self._random.choice(MOMENTS), self._random.choice(VICTIMS)
        struck = threading.Event()
        began = threading.Event()

        def strike() -> None:
            began.wait(10)
            self._fake.linger(LINGER)
            kill(update, victim)
            struck.set()

        self._write(wanted, replicas)
        self._fake.strike(request, moment, strike)
        update = begin(self.project, MODELPORT, "up", "--stack", STACK)
        began.set()
        end_of(self.project, update)
        self._fake.spare()
        where = f"{wanted or 'nothing'} x {replicas}, request {request} {moment}, {victim}"
        assert struck.is_set(), where
        self.kills[victim] += 1
        self._up(wanted, replicas, where)

    def finish(self) -> None:
        """Remove everything."""
        done = self.project.modelport("down", "--stack", STACK)
        assert done.returncode == 0, done.stderr
        assert engines(self.project.folder) == []
        assert self._there() == ([], {}, {})

    def _write(self, wanted: str, replicas: int) -> None:
        if not wanted:
            self.project.program("")
            return
        model = model_inputs(wanted).model_dump(exclude_none=True)
        deployed = deployed_inputs(wanted, max_replicas=replicas).model_dump(exclude_none=True)
        del deployed["model"]
        self.project.program(
            PROGRAM.format(
                version=wanted, model=model, deployed=deployed, names=NAMES, bundle=VERSIONS[wanted]
            )
        )

    def _up(self, wanted: str, replicas: int, where: str) -> None:
        done = self.project.modelport("up", "--stack", STACK)
        assert done.returncode == 0, f"{where}\n{done.stdout}\n{done.stderr}"
        expected = ([], {}, {})
        if wanted:
            own = IDS[wanted]
            expected = ([f"cancer-{wanted}"], {own: replicas}, {own: 100})
        assert self._there() == expected, where
        accepted = self._fake.state.accepted
        for version, own in IDS.items():
            # What was begun and what was removed differ by what is there: nothing was made twice.
            begun = accepted["deployModel", own] - accepted["undeployModel", own]
            assert begun == (wanted == version), where
        assert all(operation.done for operation in self._fake.state.operations.values()), where

    def _there(self) -> tuple[list[str], dict[str, int], dict[str, int]]:
        """Models, deployed models with their largest count, and shares of the traffic."""
        state = self._fake.state
        endpoint = next(iter(state.endpoints.values()))
        counts = {
            item.id: item.dedicated_resources.max_replica_count for item in endpoint.deployed_models
        }
        shares = {own: share for own, share in endpoint.traffic_split.items() if share}
        return [name.rpartition("/")[2] for name in state.models], counts, shares


def play(fake: FakeVertex, folder: Path, count: int, seed: int) -> None:
    """A campaign with so many kills."""
    campaign = Campaign(folder / "a project", fake, seed)
    began = time.monotonic()
    campaign.learn()
    for number in range(count):
        campaign.round()
        seconds = time.monotonic() - began
        print(f"{number + 1} of {count} after {seconds:.0f} s: {dict(campaign.kills)}")  # noqa: T201
    campaign.finish()


def test_killed_updates_are_finished_by_the_next(fake: FakeVertex, tmp_path: Path) -> None:
    play(fake, tmp_path, KILLS, SEED)
