"""Home: where a project keeps its state and work files, `.modelport/` beside `Pulumi.yaml`."""

import os
from dataclasses import dataclass
from pathlib import Path

from modelport.errors import ModelportError

ENV = "MODELPORT_HOME"
OFFLINE_ENV = "MODELPORT_OFFLINE"
"""Set to 1, or to the folder of an offline backend: nothing real is made, read or removed."""
RESERVED = frozenset({"bentoml", "bin", "engine", "evaluations", "offline", "pulumi", "state"})
"""Folder names in the home that no stack may have."""


@dataclass(frozen=True, slots=True)
class Home:
    """The paths inside `.modelport/`; nothing is created here."""

    root: Path
    """The `.modelport` folder itself, absolute."""
    offline: Path | None = None
    """Folder of the offline backend; none: what is deployed is real."""

    @property
    def work(self) -> Path:
        """Where state and work files of stacks are; offline ones never lie beside real ones."""
        return self.offline or self.root

    @property
    def project(self) -> Path:
        """The folder with `Pulumi.yaml`."""
        return self.root.parent

    @property
    def state(self) -> Path:
        """The engine's file backend."""
        return self.work / "state"

    @property
    def passphrase(self) -> Path:
        """File with the passphrase of the development stacks."""
        return self.root / "passphrase"

    @property
    def pulumi(self) -> Path:
        """`PULUMI_HOME`: plugins and the engine's own settings."""
        return self.work / "pulumi"

    @property
    def engine(self) -> Path:
        """Link to the folder that holds the engine's programs."""
        return self.root / "engine"

    @property
    def sources(self) -> Path:
        """The project whose `bentos/` are built: this one, else the nearest above that has some.

        A home that no project is around, such as the one a bundle is built in, stands alone.
        """
        around = (self.project, *self.project.parents) if _is_project(self.project) else ()
        projects = (folder for folder in around if _is_project(folder))
        found = (folder for folder in projects if (folder / "bentos").is_dir())
        return next(found, self.project)

    @property
    def bentoml(self) -> Path:
        """`BENTOML_HOME`: built bundles and their models, beside their sources."""
        return self._beside_sources / "bentoml"

    @property
    def evaluations(self) -> Path:
        """Evaluation records of trained candidates, also of refused ones."""
        return self._beside_sources / "evaluations"

    @property
    def _beside_sources(self) -> Path:
        shared = self.sources
        return self.root if shared == self.project else shared / self.root.name

    def deployment(self, stack: str, name: str) -> Path:
        """Work files of one deployment: key, example request, log, control socket."""
        return self.work / stack / name

    @property
    def preview(self) -> Path:
        """Recording of the last preview, for the report."""
        return self.root / "preview.json"


def user_folder(variable: str, *usual: str) -> Path:
    """A folder of the user's, by the XDG base directory rules.

    Args:
        variable: Environment variable that names it, e.g. `XDG_CACHE_HOME`.
        usual: Where it is otherwise, below the user's home folder, e.g. `.cache`.

    Raises:
        RuntimeError: neither is known.
    """
    named = os.environ.get(variable, "")
    # The rules say that a relative path is to be ignored.
    return Path(named) if named.startswith("/") else Path.home().joinpath(*usual)


def find_home(start: Path | None = None, *, own: bool = False) -> Home:
    """The home named by `MODELPORT_HOME`, else the one of the nearest project above `start`.

    Args:
        start: Folder to begin at; the current one when left out.
        own: Whether the named home must be the nearest project's own. Programs share the home of
            the project that they are part of; a command is for the project where it is given.

    Raises:
        ModelportError: no folder above holds a `Pulumi.yaml`, or the one that does has a home
            of its own that is not the named one.
    """
    begin = (start or Path.cwd()).resolve()
    above = (folder for folder in (begin, *begin.parents) if _is_project(folder))
    nearest = next((folder / ".modelport" for folder in above), None)
    named = os.environ.get(ENV)
    if named:
        root = _named(Path(named).resolve(), nearest, own=own)
    elif nearest is None:
        message = f"no Pulumi.yaml in {begin} or above it; run this inside a project, or set {ENV}"
        raise ModelportError(message)
    else:
        root = nearest
    return Home(root, _offline(root))


def _is_project(folder: Path) -> bool:
    return (folder / "Pulumi.yaml").is_file()


def _offline(root: Path) -> Path | None:
    value = os.environ.get(OFFLINE_ENV, "")
    if value.lower() in {"", "0", "false", "no"}:
        return None
    if Path(value).is_absolute():
        return Path(value)
    if value.lower() not in {"1", "true", "yes"}:
        message = f"{OFFLINE_ENV}: {value!r} is neither 1, 0 nor an absolute path"
        raise ModelportError(message)
    return root / "offline"


def _named(named: Path, nearest: Path | None, *, own: bool) -> Path:
    """The named home, unless the project around us has one of its own.

    A shell that one clone activated must not deploy that clone's stacks from another one.
    """
    if nearest is not None and nearest != named and (own or nearest.is_dir()):
        message = (
            f"{ENV} names the home of {named.parent}, but this is {nearest.parent}; leave that "
            "project's environment first: run 'modelport_deactivate', or open a new shell"
        )
        raise ModelportError(message)
    return named
