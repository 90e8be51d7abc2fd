"""The story of one's own iron: a cluster of two nodes, and callers who notice nothing."""

import functools
import os
import shutil
import time
from pathlib import Path

import pytest

from bundle_variants import NAME, original
from images.docker_host import BASE, DockerHost, docker_host, missing
from kube.cluster import Cluster, Unavailable
from modelport.bundles.store import bento_path
from modelport.home import Home
from modelport.images.context import default_base, full_name
from modelport_serving.record import read_record
from stories.test_live_change import version
from stories.test_one_bundle import activated
from stories.transcript import Story, check_page, clone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2400)]

TEXT = """\
Two machines in the cellar, `node1` and `node2`, are a Kubernetes cluster, and there is a registry
that both reach. A clone after `. ./activate`. From the first `modelport up` on callers ask 60
times a second: half of them keep their connections, half connect anew for each request. Counted is
what they saw. The test `tests/cluster/test_own_iron.py` plays this page again."""

FILES = Path(__file__).with_name("own_iron")
SERVICE = "mp-cancer-dev"
"""Of the service, and of its namespace."""
REQUESTS = 10_000
RATE = 60
SHARE = 0.34
CANARY = "{canary: {steps: [34], bake: 20s}}"


def test_own_iron(cluster: Cluster, tmp_path: Path) -> None:
    reason = missing()
    # Docker is installed where it may be; a machine that forbids it plays everything else.
    if reason is not None:
        pytest.skip(reason)
    try:
        with (
            docker_host() as host,
            cluster.registry(tmp_path / "registry") as registry,
        ):
            story = prepared(tmp_path / "a clone", host, cluster, registry)
            there = objects(cluster)
            play(story, cluster)
            assert objects(cluster) <= there  # what other tests have left may go meanwhile
    except Unavailable as unavailable:
        pytest.skip(str(unavailable))
    check_page("own-iron.md", story.page("A model in the cellar", TEXT))


def prepared(folder: Path, host: DockerHost, cluster: Cluster, registry: str) -> Story:
    """A clone whose stack is on the cluster, and the base image that could not be pulled."""
    clone(folder)
    path = f"{cluster.programs}:{os.environ['PATH']}"
    own = {"KUBECONFIG": str(cluster.kubeconfig), "PATH": path}
    story = Story(folder, environment={**host.environment, **own})
    for file in FILES.iterdir():
        shutil.copyfile(file, folder / file.name)
    config = folder / "Pulumi.dev.yaml"
    config.write_text(config.read_text().replace("REGISTRY", registry))
    story.play("make setup", shown="")
    modelport(story, "build", shown="")
    home = Home(folder / ".modelport")
    record = read_record(bento_path(home, NAME, original(home.bentoml)) / "src")
    story.play(f"docker tag {BASE} {full_name(default_base(record))}", shown="")
    return story


def play(story: Story, cluster: Cluster) -> None:
    """The story; ends with everything gone."""
    story.play("kubectl get nodes -o name")
    story.play("head -n -1 Pulumi.dev.yaml", shown="cat Pulumi.dev.yaml")
    first = version(modelport(story, "up"))
    modelport(story, "predict cancer")
    story.play(f"kubectl -n {SERVICE} get deployments,services,hpa,pdb,networkpolicies -o name")
    service = cluster.get("service", SERVICE, "-n", SERVICE)
    calling = functools.partial(
        cluster.calling,
        f"http://{service['spec']['clusterIP']}",
        story.folder / ".modelport" / "dev" / "cancer",
        rate=RATE,
    )
    with calling() as seen:
        started = time.monotonic()
        story.play("sed -i 's/seed=7/seed=8/' bentos/breast_cancer/training.py")
        second = version(modelport(story, "up"))

        drain = "kubectl drain node2 --ignore-daemonsets --delete-emptydir-data"
        story.play(f"{drain} 2>&1 | tail -n 1", shown=drain)
        story.play("kubectl uncordon node2")

        story.play(f"sed -i 's/rollout: .*/rollout: {CANARY}/' Pulumi.dev.yaml")
        story.play("cat slower.py >> bentos/breast_cancer/service.py")
        modelport(story, "up", status=1)
        story.play("git checkout -q bentos/breast_cancer/service.py")
        modelport(story, "status")
        time.sleep(max(0.0, REQUESTS / RATE * 1.05 - (time.monotonic() - started)))
    print(seen)  # noqa: T201 - the numbers of this run
    assert seen.statuses.total() >= REQUESTS
    assert seen.failed == 0, seen
    assert {first, second} < set(seen.versions)
    story.lines.append(f"# more than {REQUESTS:,} requests, failed: 0")

    with calling() as seen:
        story.play("cat failing.py >> bentos/breast_cancer/service.py")
        modelport(story, "up", status=1)
        story.play("git checkout -q bentos/breast_cancer/service.py")
    print(seen)  # noqa: T201
    (failing,) = set(seen.versions) - {second, ""}
    assert 0 < seen.failed <= seen.versions[failing] <= seen.statuses.total() * SHARE, seen
    story.lines.append(f"# failed: less than {SHARE:.0%} of the requests, the new version's alone")
    modelport(story, "status")
    modelport(story, "down")


def modelport(story: Story, words: str, *, status: int = 0, shown: str | None = None) -> str:
    """Run a command of a shell that was activated; returns what it printed."""
    command = f"modelport {words}"
    told = command if shown is None else shown
    return story.play(activated(command), status=status, shown=told)


def objects(cluster: Cluster) -> set[str]:
    """What there is in the cluster, by name."""
    kinds = "all,namespaces,secrets,configmaps,networkpolicies,poddisruptionbudgets"
    return set(cluster.kubectl("get", kinds, "-A", "-o", "name").split())
