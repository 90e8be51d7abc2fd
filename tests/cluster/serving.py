"""A model on the real cluster: a project, images of its versions in the nodes, and callers."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bundle_variants import SECOND, after, original, variant
from cache_folder import cache_folder
from engine_project import ROOT, STACK, Project, Ran
from kube.cluster import Cluster
from kube.model_image import bundle_image
from load import Seen
from modelport.bundles import build
from modelport.bundles.store import bento_path
from modelport.cluster.plugin import install_stand_in
from modelport.config import Gate
from modelport.home import Home
from modelport.provider.local_files import write_caller_files
from modelport_serving.record import read_golden

NAME = "cancer"
NAMESPACE = SERVICE = f"mp-{NAME}-{STACK}"
ERRS, WRONG = "bad0000000000000", "bad1111111111111"
"""Versions that fail, or answer wrongly, after a few good calls."""
_REPOSITORY = "registry.test/models/cancer"
_NO_IMAGE = f"{_REPOSITORY}@sha256:{'0' * 64}"


@dataclass(slots=True)
class Serving:
    """One deployment of kind `kubernetes`."""

    project: Project
    cluster: Cluster
    first: str
    """The version that was built."""
    images: dict[str, str] = field(default_factory=dict[str, str])
    """Image in the nodes, by version."""

    def up(self, version: str, target: dict[str, Any] | None = None, **more: Any) -> Ran:
        """Deploy a version."""
        self.declare(version, target, **more)
        done = self.project.run("up")
        if done.ok:
            output = done.outputs[NAME]
            home = self.project.home
            folder = home.deployment(STACK, NAME)
            folder.mkdir(parents=True, exist_ok=True)
            golden = read_golden(bento_path(home, "breast_cancer", version) / "src")
            write_caller_files(folder, output["key"], golden)
        return done

    def declare(self, version: str, target: dict[str, Any] | None = None, **more: Any) -> None:
        """Write the stack's file."""
        pod = {"cpu": 0.05, "memory_mib": 400, "tmp_mib": 32, "start_seconds": 240}
        image = self.images.get(version, _NO_IMAGE)
        wanted = {"kind": "kubernetes", "image": image, "pod": pod, **(target or {})}
        deployment = {"bundle": f"breast_cancer@{version}", "owner": "diagnostics"}
        self.project.config({NAME: {**deployment, "target": wanted, **more}})

    @contextmanager
    def called(self, host: str = "", gateway: str = "http://10.77.0.11:30080") -> Generator[Seen]:
        """Callers of the service, or of a host behind the gateway, meanwhile."""
        address = gateway if host else f"http://{self.address}"
        with self.cluster.calling(address, self.project.work(NAME), host=host) as seen:
            yield seen

    @property
    def address(self) -> str:
        """Of the service in the cluster."""
        return str(self.cluster.get("service", SERVICE, "-n", NAMESPACE)["spec"]["clusterIP"])

    def pods(self) -> list[dict[str, Any]]:
        """Pods that are not ending."""
        found = self.cluster.get("pods", "-n", NAMESPACE)["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def serving(cluster: Cluster, folder: Path) -> Serving:
    """A project with four versions, whose images are in every node."""
    built = Home(folder / "built" / ".modelport")
    build(ROOT, built, "breast_cancer", Gate())
    first = original(built.bentoml)
    variant(built.bentoml, SECOND)
    variant(built.bentoml, ERRS, after(12, "errs"))
    variant(built.bentoml, WRONG, after(2, "wrong"))
    project = Project(folder / "project", built.bentoml)
    assert install_stand_in(project.home)
    project.env["KUBECONFIG"] = str(cluster.kubeconfig)
    made = Serving(project, cluster, first)
    archive = folder / "image.tar"
    for version in (first, SECOND, ERRS, WRONG):
        whole = version == first
        made.images[version] = bundle_image(
            archive, _REPOSITORY, project.home, version, cache_folder(), whole=whole
        )
        cluster.load_archive(archive)
    archive.unlink()
    return made
