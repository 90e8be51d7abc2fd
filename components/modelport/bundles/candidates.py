"""Candidates: trained models that wait for a gate, kept in `.modelport/evaluations/<name>/`.

    <version>.json      record, golden requests and warnings; written last, so it vouches for both
    <version>.model     the model: an ONNX or a joblib file
    known/<inputs>.json the digest that these inputs gave, when their data cannot change alone
    .lock               held by the one process that trains or builds this bundle
    .work-*, .part-*    unfinished work; what is found under the lock was left by a killed process

Every file appears whole: it is written here and renamed to its place.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from modelport.bundles.digest import VERSION_DIGITS
from modelport.errors import BundleError
from modelport.files import DRAFT, write_whole
from modelport.home import Home
from modelport_serving.record import BundleRecord, Evaluation, Golden

_WORK = ".work-"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trained and evaluated version of a bundle, before its gate."""

    record: BundleRecord
    """Everything that is known about it."""
    warnings: tuple[str, ...]
    """What a person should know about its data and training; empty for a built one."""
    built: bool
    """Whether its Bento exists."""
    reused: bool
    """Whether nothing was trained for it this time."""
    inputs: str
    """Hash of the sources and pins that it came from."""
    live_problem: str | None = None
    """Why the live version could not be measured; None when it was, or nothing is live."""

    @property
    def version(self) -> str:
        """Its version: the first 16 hex digits of the digest."""
        return self.record.version

    @property
    def evaluation(self) -> Evaluation:
        """Its scores."""
        return self.record.evaluation


class Stored(BaseModel):
    """What a candidate's file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    record: BundleRecord
    golden: Golden
    warnings: tuple[str, ...]


class _Known(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: str
    requirements: dict[str, str]


class Shelf:
    """The candidates of one bundle; hold `lock` around everything else."""

    def __init__(self, home: Home, name: str) -> None:
        self._folder = home.evaluations / name

    @contextmanager
    def lock(self) -> Generator[None]:
        """Wait until no other process trains or builds this bundle."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for left in self._folder.glob(f"{_WORK}*"):
                shutil.rmtree(left, ignore_errors=True)
            for left in self._folder.glob(f"{DRAFT}*"):
                left.unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)  # frees the lock, as does the end of the process

    @contextmanager
    def work(self) -> Generator[Path]:
        """A work folder on the file system of the home, removed at the end."""
        folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=self._folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def model_file(self, version: str) -> Path:
        """The model of a candidate."""
        return self._folder / f"{version}.model"

    def read(self, version: str) -> Stored | None:
        """A candidate; None when there is none, or its files are damaged."""
        try:
            stored = Stored.model_validate_json((self._folder / f"{version}.json").read_bytes())
            content = self.model_file(version).read_bytes()
        except (OSError, ValidationError):
            return None
        sound = hashlib.sha256(content).hexdigest() == stored.record.model_sha256
        return stored if sound and stored.record.version == version else None

    def write(self, stored: Stored, model: bytes | None = None) -> None:
        """Keep a candidate; its model is left as it is when none is given."""
        version = stored.record.version
        if model is not None:
            self.put(self.model_file(version), model)
        content = stored.model_dump_json(indent=1).encode()
        self.put(self._folder / f"{version}.json", content)

    def recall(
        self, inputs: str, lines: Callable[[Iterable[str]], Mapping[str, str]]
    ) -> str | None:
        """The version that these inputs gave; None when they are new or their data may change.

        Args:
            inputs: Their hash.
            lines: Gives the present pins of named distributions.
        """
        try:
            known = _Known.model_validate_json(self._known(inputs).read_bytes())
            same = lines(known.requirements) == known.requirements
        except (OSError, ValidationError, BundleError):
            return None
        return known.digest[:VERSION_DIGITS] if same else None

    def remember(self, inputs: str, digest: str, requirements: Mapping[str, str]) -> None:
        """Keep the digest of inputs whose data cannot change alone, with what it needs besides."""
        known = _Known(digest=digest, requirements=dict(requirements))
        self._known(inputs).parent.mkdir(exist_ok=True)
        self.put(self._known(inputs), known.model_dump_json().encode())

    def put(self, path: Path, content: bytes) -> None:
        """Write a file of the home so that no reader ever sees a part of it."""
        # Results are for everyone who may read the project.
        write_whole(path, content, mode=0o644, drafts=self._folder)

    def _known(self, inputs: str) -> Path:
        return self._folder / "known" / f"{inputs[:32]}.json"
