"""Homes with built bundles, and a real Docker engine that the long tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from images.docker_host import DockerHost, docker_host, missing
from modelport.bundles.builder import build as build_bundle
from modelport.config.gate import Gate
from modelport.home import Home
from modelport_serving.record import BundleRecord, read_record
from serving.tiny import build


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("project")
    build(folder)
    root = folder / ".modelport"
    root.mkdir()
    (folder / "home").rename(root / "bentoml")
    return Home(root)


@pytest.fixture(scope="session")
def record(home: Home) -> BundleRecord:
    return read_record(home.bentoml / "bentos" / "tiny" / "00ff00ff00ff00ff" / "src")


@pytest.fixture(scope="package")
def host() -> Iterator[DockerHost]:
    reason = missing()
    # Docker is installed where it may be; a machine that forbids it plays everything else.
    if reason is not None:
        pytest.skip(reason)
    with docker_host() as made:
        yield made


@pytest.fixture(scope="package")
def cancer(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the real bundle."""
    home = Home(tmp_path_factory.mktemp("cancer") / ".modelport")
    made = build_bundle(Path(__file__).parents[2], home, "breast_cancer", Gate())
    # The base image is made from Debian 12, whose one Python is 3.11; a model needs its own.
    if not made.lineage.python.startswith("3.11."):
        pytest.skip(f"Debian's Python is 3.11, the bundle was trained with {made.lineage.python}")
    return home
