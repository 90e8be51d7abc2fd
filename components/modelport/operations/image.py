"""Image: a built bundle as an image in the store of this machine's builder."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelport.home import Home
from modelport.images import build_image, write_context
from modelport.images.context import CONTENT_LABEL
from modelport.images.order import Architecture
from modelport.operations.bundles import built_bundle


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image that the builder keeps here."""

    image: str
    """Name and tag."""
    bundle: str
    """What it serves: `name@version`."""
    image_id: str
    """Digest of its configuration."""
    megabytes: int
    """Size, uncompressed, base included."""


def image(
    home: Home,
    bundle: str | None,
    *,
    tag: str | None,
    base_image: str | None,
    architecture: Architecture,
    show: Callable[[str, float], None],
) -> BuiltImage:
    """Build the image of a built bundle.

    Args:
        home: The project's home.
        bundle: `name`, or `name@version`; the project's only one when left out.
        tag: Name and tag of the image; `name:version` when left out.
        base_image: Instead of the usual one, see `modelport.images.write_context`.
        architecture: Of the platform that runs it.
        show: Told each step and the fraction that is done.

    Raises:
        ConfigError: which bundle is meant is not clear.
        BundleError: the bundle is not built.
        ServiceError: there is no builder, or the build failed.
    """
    record = built_bundle(home, bundle)
    name = tag or f"{record.name}:{record.version}"
    with tempfile.TemporaryDirectory(prefix="modelport-image-") as folder:
        content = write_context(home, record, Path(folder), base_image=base_image)
        made = build_image(
            Path(folder),
            name,
            architecture=architecture,
            labels={CONTENT_LABEL: content},
            status=lambda line: show(line, 0.5),
        )
    show("built", 1.0)
    version = f"{record.name}@{record.version}"
    return BuiltImage(name, version, made.image_id, round(made.size / 1_000_000))
