"""Base: what a preview compares with, besides the stack as it was last deployed.

Each comparison has an offline backend of its own, made anew: a commit is deployed into it, or an
exported state is imported; nothing real is touched.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from pulumi import automation as auto

from modelport.errors import EngineError, ModelportError
from modelport.home import Home
from modelport.operations.events import Watcher
from modelport.operations.session import Session, last_error, open_session
from modelport.operations.state_file import read_state_file
from modelport.operations.up import build_missing
from modelport.operations.workspace import stack_file

Show = Callable[[str, float], None]

_SHARED = ("bentoml", "engine", "evaluations")
"""What a base takes from the project's home instead of making it again."""


def fresh_backend(home: Home, stack: str) -> Home:
    """A home whose offline backend is empty; one for each stack, so that two can be compared."""
    folder = home.root / "offline" / "compare" / stack
    shutil.rmtree(folder, ignore_errors=True)
    return Home(home.root, folder)


def import_state(session: Session, file: Path) -> str:
    """Bring an exported state into an empty backend; says what it is.

    Raises:
        ConfigError: it is no export, or one of another stack or project.
    """
    workspace = session.engine.workspace
    deployment = read_state_file(file, session.stack, workspace.project_settings().name)
    salt = workspace.stack_settings(session.stack).encryption_salt
    deployment["secrets_providers"] = {"type": "passphrase", "state": {"salt": salt}}
    try:
        session.engine.import_stack(auto.Deployment(version=3, deployment=deployment))
    except auto.CommandError as error:
        raise EngineError(f"{file.name}: {last_error(error)}") from None
    return f"state file {file.name}"


def deploy_commit(home: Home, stack: str, ref: str, show: Show) -> str:
    """Deploy the project as of a commit into the empty backend of `home`; says what it is.

    Raises:
        ModelportError: git does not know the commit.
        EngineError: the commit itself cannot be deployed.
    """
    commit = _git(home.project, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if commit is None:
        message = (
            f"git knows no commit '{ref}' here; fetch it first, in CI with the whole history "
            "(GitHub Actions: fetch-depth: 0; GitLab CI: GIT_DEPTH: 0)"
        )
        raise ModelportError(message)
    named = f"commit {commit[:7]}" + ("" if commit.startswith(ref) else f" ({ref})")
    with _checked_out(home, commit) as (base, sources), _own_environment():
        file = stack_file(home, stack)
        if not (base.project / "Pulumi.yaml").is_file():
            return f"nothing: {named} has no project here"
        if file.is_file() and not stack_file(base, stack).is_file():
            return f"nothing: {named} has no {file.name}"
        try:
            _deploy(base, stack, sources, show)
        except ModelportError as error:
            raise EngineError(f"{named} cannot be deployed as a base: {error}") from None
    return named


def _deploy(base: Home, stack: str, sources: str, show: Show) -> None:
    session = open_session(base, stack, environment={"PYTHONPATH": sources})
    build_missing(base, stack, session.config.deployments, lambda text, done: show(text, done / 2))
    watcher = Watcher(lambda text, done: show(f"base: {text}", 0.5 + done / 2))
    try:
        session.engine.up(on_event=watcher, color="never", suppress_progress=True)
    except auto.CommandError as error:
        raise EngineError(watcher.failure(last_error(error))) from None


@contextmanager
def _checked_out(home: Home, commit: str) -> Generator[tuple[Home, str]]:
    """The project as of a commit, with the backend of `home`; and its program's import path.

    The path has the base's own sources first: a project that is installed in editable mode would
    else run with the head's.
    """
    top = Path(_git(home.project, "rev-parse", "--show-toplevel") or home.project)
    # A folder for each commit: Python takes compiled modules of another one for its own.
    folder = home.work / f"base-{commit[:12]}"
    try:
        packed = subprocess.run(
            ["git", "archive", "--format=tar", commit], cwd=top, check=True, capture_output=True
        ).stdout
        _unpack(packed, folder)
        base = Home(folder / home.root.relative_to(top), home.offline)
        if base.project.is_dir():
            base.root.mkdir()
            for name in _SHARED:
                (base.root / name).symlink_to(home.root / name)
        own = [Path(entry) for entry in sys.path if Path(entry).is_relative_to(top)]
        outside = Path(sys.prefix)  # the virtual environment may lie in the project
        sources = [folder / path.relative_to(top) for path in own if outside not in path.parents]
        yield base, os.pathsep.join(str(path) for path in sources)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(packed: bytes, folder: Path) -> None:
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
    except tarfile.FilterError as error:
        raise ModelportError(f"the base cannot be checked out: {error}") from None


@contextmanager
def _own_environment() -> Generator[None]:
    """What opening the base sets stays with it; and its packs do not run: the head's decide."""
    before = dict(os.environ)
    os.environ["PULUMI_OPTION_POLICY_PACK"] = ""
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _git(folder: Path, *words: str) -> str | None:
    """What git says; none when it says no, or when there is no git."""
    try:
        ran = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None
