"""Bad versions rolled out as canaries: none may get more than its share of the requests.

As a program it is the long campaign: `python -m sharing COUNT`, `tests` on the path. It drives the
resource's own code, without the engine, so that each run takes seconds.
"""

import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from bundle_variants import after, original, variant, versions
from engine_project import ROOT, STACK, Project, free_port
from load import Callers
from modelport.bundles import build
from modelport.config import Gate
from modelport.errors import ServiceError
from modelport.home import Home
from modelport.provider.handler import Context
from modelport.provider.local_server import LocalServerHandler, LocalServerInputs

BAD = {"errs": "bad0000000000000", "slow": "bad1111111111111"}
WORKERS = 2


class Sharing:
    """One live version, and bad ones that try to take over from it."""

    def __init__(self, folder: Path, bundles: Path, seed: int) -> None:
        self.project = Project(folder, bundles)
        first = original(bundles)
        for fault, version in BAD.items():
            if version not in versions(self.project.home.bentoml):
                variant(self.project.home.bentoml, version, after(5, fault))
        self.random = random.Random(seed)
        self.handler = LocalServerHandler()
        self.context = Context(self.project.home, lambda _text: None)
        self.live = LocalServerInputs.model_validate(
            {
                "stack": STACK,
                "deployment": "cancer",
                "bundle": "breast_cancer",
                "version": first,
                "host": "127.0.0.1",
                "port": free_port(),
                "workers": WORKERS,
                "memory_bytes": 2**30,
                "log_bytes": 2**24,
                "start_timeout": 60,
                "max_body_bytes": 2**20,
                "max_rows": 1000,
                "api_key": "mp_test",
            }
        )
        os.environ["MODELPORT_HOME"] = str(self.project.home.root)
        self.id, self.outputs = self.handler.create(self.context, self.live)

    def round(self) -> tuple[int, int, int]:
        """One bad canary; returns its share in percent, its answers and all answers."""
        fault, share = self.random.choice(list(BAD)), self.random.choice([1, 5, 10, 25, 50])
        canary: dict[str, Any] = {"steps": [share], "bake": "30s"}
        bad = self.live.model_copy(update={"version": BAD[fault]})
        bad = LocalServerInputs.model_validate(bad.model_dump() | {"rollout": {"canary": canary}})
        reason = ""
        with Callers(self.project.work("cancer"), self.live.port, rate=200) as callers:
            try:
                self.handler.update(self.context, self.id, self.live, bad, self.outputs)
            except ServiceError as error:
                reason = str(error)
        assert f"canary ended at {share} % after " in reason, reason
        answers, total = callers.seen.versions[BAD[fault]], callers.seen.statuses.total()
        assert callers.seen.failed == 0, callers.seen
        assert answers <= total * share / 100 + WORKERS, (fault, share, answers, total)
        return share, answers, total

    def finish(self) -> None:
        """Remove what was live."""
        self.handler.delete(self.context, self.id, self.live)


def main(count: int) -> None:
    """Play the campaign and say how it went."""
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name) / "built" / ".modelport")
        build(ROOT, home, "breast_cancer", Gate())
        sharing = Sharing(Path(name) / "project", home.bentoml, seed=3)
        requests = 0
        try:
            for number in range(1, count + 1):
                share, answers, total = sharing.round()
                requests += total
                print(f"{number} of {count}: {share} %: {answers} of {total}", flush=True)  # noqa: T201
            sharing.finish()
        finally:
            sharing.project.end()
    print(f"held {count} of {count}; {requests} requests, 0 failed")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
