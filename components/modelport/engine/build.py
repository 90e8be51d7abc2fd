"""Go build of the engine: pinned modules in, an engine folder out."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from modelport.engine.cache import MODULES, VERSION
from modelport.engine.probe import Probe
from modelport.engine.progress import Progress, part
from modelport.engine.toolchain import Go

_CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_HOST = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
    "python/dist/pulumi-analyzer-policy-python",
)
_CLI_LINK = f"-s -w -X {_SDK}/go/common/version.Version=v{VERSION}"
_SHARES = {"cli": (0.10, 0.33, 1.0), "host": (0.0, 0.03, 0.10)}
"""Of the whole build: where downloads and compilation of each program begin, and the end."""


class BuildError(Exception):
    """The build did not work; says why in half a sentence."""


def build_engine(go: Go, folder: Path, progress: Progress) -> None:
    """Build the engine into `folder`/bin; `folder` also takes the temporary files.

    Raises:
        BuildError: the modules cannot be had or do not compile.
    """
    sources = folder / "modules"
    shutil.copytree(MODULES, sources)
    scratch = folder / "tmp"
    scratch.mkdir()
    # The linker needs half a gigabyte, and /tmp is a small memory disk on some machines.
    run = _Go(go, {"GOTMPDIR": str(scratch)})
    for name in ("cli", "host"):
        run.check_reachable(sources / name)
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    _program(run, sources / "host", "host", bin_folder, progress)
    _program(run, sources / "cli", "cli", bin_folder, progress)
    _place_scripts(run, sources / "cli", bin_folder)
    for leftover in (sources, scratch):
        shutil.rmtree(leftover)


class _Go:
    """Runs `go` with our settings and gives its lines as they come."""

    def __init__(self, go: Go, extra: dict[str, str]) -> None:
        self._program = go.program
        self._environment = {**extra, **go.environment()}

    def check_reachable(self, module: Path) -> None:
        """Fail at once where the modules are neither in Go's cache nor to be had."""
        offline = {"GOPROXY": "off"}
        try:
            self.output(module, "list", "-mod=readonly", "-deps", _target(module), extra=offline)
        except BuildError:
            problem = self._proxy_problem(module)
        else:
            return
        if problem:
            message = f"Go modules are not in Go's cache and {problem}"
            raise BuildError(message)

    def output(self, module: Path, *command: str, extra: dict[str, str] | None = None) -> str:
        """What a short `go` command prints."""
        done = subprocess.run(
            [self._program, *command],
            capture_output=True,
            check=False,
            cwd=module,
            env={**self._environment, **(extra or {})},
            stdin=subprocess.DEVNULL,
            text=True,
        )
        if done.returncode != 0:
            raise BuildError(_reason(done.stderr.splitlines()))
        return done.stdout

    def lines(self, module: Path, *command: str, on_line: Callable[[str], None]) -> list[str]:
        """Run a long `go` command; `on_line` gets what it reports, the result what it prints."""
        tail: list[str] = []
        with self._started(module, command) as (process, printed):
            for line in process:
                on_line(line.rstrip("\n"))
                tail = [*tail[-19:], line.rstrip("\n")]
        if printed.code != 0:
            raise BuildError(_reason(tail))
        return printed.lines

    @contextmanager
    def _started(
        self, module: Path, command: tuple[str, ...]
    ) -> "Generator[tuple[Iterator[str], _Printed]]":
        printed = _Printed()
        # Printed lines go to a file: two pipes read by one thread can block each other.
        out = module / "output.txt"
        with (
            out.open("w") as handle,
            subprocess.Popen(
                [self._program, *command],
                cwd=module,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.PIPE,
                text=True,
            ) as process,
        ):
            try:
                yield iter(process.stderr or ()), printed
                printed.code = process.wait()
                printed.lines = out.read_text().splitlines()
            finally:
                process.kill()

    def _proxy_problem(self, module: Path) -> str | None:
        """Why the first place that Go would ask does not answer, or none when it does."""
        places = re.split("[,|]", self.output(module, "env", "GOPROXY").strip())
        first = places[0].strip()
        if first == "off":
            return "GOPROXY is off"
        url = "https://github.com" if first == "direct" else first.rstrip("/")
        problem = Probe(url if first == "direct" else f"{url}/{_SDK}/@v/list").problem()
        # The address is not named: it may be private, and `go env GOPROXY` shows it.
        return f"the Go module proxy does not answer ({problem})" if problem else None


class _Printed:
    """What a finished command printed, and its exit status."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.code = 0


def _program(run: _Go, module: Path, name: str, bin_folder: Path, progress: Progress) -> None:
    start, compile_start, end = _SHARES[name]
    packages = _fetch(run, module, part(progress, start, compile_start))
    report = part(progress, compile_start, end)
    step = f"compiling {_target(module).rsplit('/', 1)[-1]}"
    report(step, 0.0)
    compiled = 0

    def on_line(line: str) -> None:
        nonlocal compiled
        if _is_package(line):
            compiled += 1
            report(
                f"{step} ({compiled} of at most {packages} packages)", 0.95 * compiled / packages
            )

    link = _CLI_LINK if name == "cli" else "-s -w"
    flags = ("-mod=readonly", "-trimpath", "-v", "-ldflags", link, "-o", f"{bin_folder}{os.sep}")
    run.lines(module, "build", *flags, _target(module), on_line=on_line)
    report(step, 1.0)


def _fetch(run: _Go, module: Path, progress: Progress) -> int:
    """Download the modules that the program needs; the number of packages to compile."""
    wanted = len(re.findall(r"^\t\S+ v", (module / "go.mod").read_text(), re.MULTILINE))
    seen = 0
    step = "downloading Go modules"
    progress(step, 0.0)

    def on_line(line: str) -> None:
        nonlocal seen
        if line.startswith("go: downloading"):
            seen += 1
            progress(f"{step} ({seen} of at most {wanted})", seen / wanted)

    target = _target(module)
    packages = run.lines(module, "list", "-mod=readonly", "-deps", target, on_line=on_line)
    progress(step, 1.0)
    return len(packages)


def _place_scripts(run: _Go, module: Path, bin_folder: Path) -> None:
    """Put the scripts, which are no Go programs, beside the engine."""
    source = Path(run.output(module, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _SDK).strip())
    for script in _SCRIPTS:
        target = bin_folder / Path(script).name
        shutil.copyfile(source / script, target)
        target.chmod(0o755)


def _target(module: Path) -> str:
    return _CLI if module.name == "cli" else _HOST


def _is_package(line: str) -> bool:
    return bool(line) and " " not in line and not line.startswith("#")


def _reason(lines: list[str]) -> str:
    """The most telling line of what Go reported."""
    told = [
        line.strip() for line in lines if line.strip() and not line.startswith("go: downloading")
    ]
    for line in told:
        if "no space left" in line:
            return "the disk is full (the build needs 3 GB)"
    return told[-1].removeprefix("go: ") if told else "go ended without a reason"
