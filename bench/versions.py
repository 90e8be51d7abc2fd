"""Versions: what a result was measured with; no name or path of a machine."""

import datetime
import os
import platform
from importlib.metadata import version

PACKAGES = ("bentoml", "numpy", "onnxruntime", "scikit-learn", "uvicorn")


def conditions(*packages: str) -> dict[str, object]:
    """Date, cores, load and versions, for a result file.

    Args:
        packages: Further installed packages to name.
    """
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in (*PACKAGES, *packages)},
    }
