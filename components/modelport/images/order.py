"""Order: what a builder is told, and what it has afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from modelport.images.command import Status

BuilderName = Literal["docker", "buildah"]
"""A program that builds images."""
Architecture = Literal["amd64", "arm64"]
"""Of the machines that run an image."""


@dataclass(frozen=True, slots=True)
class Order:
    """An image to be built, and perhaps pushed."""

    folder: Path
    """Its build context."""
    image: str
    """Name and tag; with its registry, where it is pushed."""
    architecture: Architecture
    """Of the platform that runs it."""
    labels: Mapping[str, str]
    """Written on it."""
    status: Status
    """Told each step."""
    network: str | None
    """Network of the build; none: the builder's own choice."""
    time: int
    """Time of the image in seconds since 1970, as far as the builder can set it."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables that name another engine than the user's own."""

    @property
    def words(self) -> list[str]:
        """What every builder's program is told in the same words."""
        return [
            *("--platform", f"linux/{self.architecture}", "--tag", self.image),
            *(word for key, value in self.labels.items() for word in ("--label", f"{key}={value}")),
            *(("--network", self.network) if self.network else ()),
            str(self.folder),
        ]

    @property
    def host(self) -> str:
        """The registry that the image's name begins with."""
        return self.image.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Local:
    """An image that a builder keeps here."""

    image_id: str
    """Digest of its configuration: `sha256:…`."""
    size: int
    """Bytes, uncompressed, base included."""
