"""Which builder builds, and what an image is called to every one of them."""

from pathlib import Path

import pytest

from modelport.errors import ServiceError
from modelport.images import buildah
from modelport.images.builder import builder_name
from modelport.images.context import full_name


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("programs", "named", "chosen"),
    [
        ({}, None, "docker"),  # its message says what is missing
        ({"docker": "exit 0"}, None, "docker"),
        ({"docker": "exit 0", "buildah": "exit 0"}, None, "docker"),
        ({"docker": "exit 1", "buildah": "exit 0"}, None, "buildah"),
        ({"docker": "exit 1"}, None, "docker"),
        ({"buildah": "exit 0"}, None, "buildah"),
        ({"docker": "exit 0", "buildah": "exit 0"}, "buildah", "buildah"),
        ({"docker": "exit 1", "buildah": "exit 0"}, "docker", "docker"),
    ],
)
def test_docker_builds_where_it_answers_else_buildah(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    programs: dict[str, str],
    named: str | None,
    chosen: str,
) -> None:
    for name, script in programs.items():
        install(tmp_path, name, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MODELPORT_BUILDER", named or "")
    assert builder_name() == chosen


def test_a_builder_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELPORT_BUILDER", "bulidah")
    with pytest.raises(
        ServiceError,
        match=r"MODELPORT_BUILDER: 'bulidah' is no builder; did you mean 'buildah'"
        r".*builders: docker, buildah",
    ):
        builder_name()


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("python:3.11-slim", "docker.io/library/python:3.11-slim"),
        ("someone/python", "docker.io/someone/python"),
        ("localhost/python:3", "localhost/python:3"),
        ("r.example:5000/a/python@sha256:ab", "r.example:5000/a/python@sha256:ab"),
        ("mcr.microsoft.com/python", "mcr.microsoft.com/python"),
    ],
)
def test_a_name_means_the_same_to_every_builder(image: str, full: str) -> None:
    assert full_name(image) == full


@pytest.mark.parametrize(
    ("shown", "size"), [("152 MB", 152_000_000), ("1.02 GB", 1_020_000_000), ("7.17 kB", 7_170)]
)
def test_buildah_s_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, size: int
) -> None:
    install(tmp_path, "buildah", f"""echo '[{{"id": "ab12", "size": "{shown}"}}]'""")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = buildah.local("tiny:1")
    assert (found.image_id, found.size) == ("sha256:ab12", size)
