"""Fixtures: a real cluster, and projects whose Kubernetes plugin is ours."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from engine_project import Project
from kube.cluster import Cluster, Unavailable, running
from kube.operators import definitions
from modelport.cluster.plugin import install_stand_in
from modelport.sdk import resource
from modelport.sdk_provider.backing import Request

IMAGES = ("localhost/app:1", "localhost/app:2")

Requesting = Callable[..., Request]


@pytest.fixture(scope="session")
def cluster() -> Generator[Cluster]:
    """Two real nodes with the images of the tests."""
    try:
        with running(nodes=2) as started, pytest.MonkeyPatch.context() as environment:
            for image in IMAGES:
                started.load(image, started.programs / "app")
            environment.setenv("KUBECONFIG", str(started.kubeconfig))
            yield started
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def defined(cluster: Cluster) -> Cluster:
    """The cluster, which knows the kinds of operators from now on, and has no operator.

    For each module again: a gateway's controller brings definitions of its own.
    """
    try:
        files = [str(file) for file in definitions()]
    except Unavailable as reason:
        pytest.skip(str(reason))
    named = [word for file in files for word in ("-f", file)]
    cluster.kubectl("apply", "--server-side", *named)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *named)
    return cluster


@pytest.fixture
def project(cluster: Cluster, tmp_path: Path) -> Project:
    """A project on the real cluster."""
    made = Project(tmp_path / "project")
    assert install_stand_in(made.home)
    made.env["KUBECONFIG"] = str(cluster.kubeconfig)
    return made


@pytest.fixture
def asked() -> Requesting:
    """Makes requests as the servicer does: token, name, config and timeout."""

    def make(
        token: str, name: str = "it", timeout: float | None = None, **config: object
    ) -> Request:
        urn = f"urn:pulumi:test::project::{token}::{name}"
        return Request(urn, resource(token), config, lambda _text: None, timeout=timeout)

    return make
