"""SBOM: what a built bundle is made of, as its build wrote it down."""

import json
from typing import Any, cast

from modelport.bundles import bento_path
from modelport.bundles.sbom import SBOM_FILE, with_base
from modelport.errors import BundleError
from modelport.home import Home
from modelport.images.context import full_name
from modelport.operations.bundles import built_bundle


def sbom(home: Home, bundle: str | None, *, base_image: str | None) -> dict[str, Any]:
    """The SBOM of a built bundle, as CycloneDX 1.6.

    Args:
        home: The project's home.
        bundle: `name`, or `name@version`; the project's only one when left out.
        base_image: What its image is built on, by tag or digest; none for the bundle alone.

    Raises:
        ConfigError: which bundle is meant is not clear.
        BundleError: the bundle is not built, or carries no SBOM.
    """
    record = built_bundle(home, bundle)
    file = bento_path(home, record.name, record.version) / "src" / SBOM_FILE
    try:
        document = cast("dict[str, Any]", json.loads(file.read_bytes()))
    except (OSError, ValueError):
        message = (
            f"{record.name}@{record.version} carries no {SBOM_FILE}: it was built before bundles "
            f"had one; run: modelport build {record.name}"
        )
        raise BundleError(message) from None
    return document if base_image is None else with_base(document, full_name(base_image))
