"""Lock: what a bundle's libraries are and need, to the last one, as it is installed here.

An image is built from these pins long after the bundle, elsewhere and by others; a library that
none of them names would be another one there. So the pins are closed: all that they need is among
them, and a bundle's digest covers it. The project's own `requirements.lock` adds hashes to them,
where it names every one of these versions.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.utils import canonicalize_name

from modelport.bundles.digest import pins

LOCK_FILE = "requirements.lock"
"""The project's pins with hashes, as `uv pip compile --generate-hashes` writes them."""
_PLATFORM = {"os_name": "posix", "platform_system": "Linux", "sys_platform": "linux"}
"""What serves a bundle, wherever it is built."""
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Locked:
    """One library."""

    name: str
    """Its normal name, e.g. `scikit-learn`."""
    version: str
    """The version that is installed here."""
    needs: tuple[str, ...]
    """Names of the libraries that it needs itself, sorted."""
    sha256: tuple[str, ...] = ()
    """Hashes of its files, one of which is installed; none where they are not known."""

    @property
    def line(self) -> str:
        """The pin as pip reads it, with its hashes."""
        hashes = [f" \\\n    --hash=sha256:{digest}" for digest in self.sha256]
        return f"{self.name}=={self.version}{''.join(hashes)}"


class Lock:
    """The libraries that are installed here.

    Args:
        project: Folder with the project's `requirements.lock`; none for pins without hashes.
    """

    def __init__(self, project: Path | None = None) -> None:
        self._project = project

    def packages(self, names: Iterable[str]) -> tuple[Locked, ...]:
        """Distributions and all that they need, sorted by name.

        Either all have hashes or none has: pip wants it so. A library that only another system
        than this one needs is left out, and found when the image is built.

        Raises:
            BundleError: one of `names` is not installed.
        """
        found = closure(pins(names))
        hashed = [self._hashes.get((item.name, item.version), ()) for item in found]
        if not all(hashed):
            return found
        return tuple(
            Locked(item.name, item.version, item.needs, digests)
            for item, digests in zip(found, hashed, strict=True)
        )

    def lines(self, names: Iterable[str]) -> dict[str, str]:
        """The same as pip reads them, by name.

        Raises:
            BundleError: one of `names` is not installed.
        """
        return {item.name: item.line for item in self.packages(names)}

    @cached_property
    def _hashes(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Hashes by name and version."""
        try:
            text = (self._project / LOCK_FILE).read_text() if self._project else ""
        except OSError:
            return {}
        return read_hashes(text)


def closure(names: Iterable[str]) -> tuple[Locked, ...]:
    """Installed distributions and all that they need on Linux, sorted by name, without hashes."""
    # Its grammar costs 0.1 s, and only a build reads requirements: every preview imports this.
    from packaging.requirements import Requirement

    wanted = [(canonicalize_name(name), "") for name in names]
    seen: set[tuple[str, str]] = set()
    found: dict[str, tuple[str, set[str]]] = {}
    while wanted:
        name, extra = wanted.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        installed = _installed(name)
        if installed is None:
            continue
        _, needs = found.setdefault(name, (installed.version, set()))
        for text in installed.requires or ():
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate({**_PLATFORM, "extra": extra}):
                other = canonicalize_name(need.name)
                needs.add(other)
                wanted.extend((other, more) for more in ("", *need.extras))
    return tuple(
        Locked(name, version, tuple(sorted(needs & found.keys())))
        for name, (version, needs) in sorted(found.items())
    )


def read_hashes(text: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """The hashes in a file of pins, by normal name and version."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        pin = _PIN.match(line)
        if pin is not None:
            found[canonicalize_name(pin[1]), pin[2]] = tuple(sorted(set(_HASH.findall(line))))
    return found


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
