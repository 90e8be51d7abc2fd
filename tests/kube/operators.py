"""Definitions of other projects' custom resources, as their own Go modules carry them.

Nothing of them is in this repository: Go's module proxy gives each module whole, and the sum says
that it is the one that was looked at. All five are under the Apache License 2.0.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kube.cluster import Unavailable


@dataclass(frozen=True, slots=True)
class Module:
    """A Go module at a version."""

    path: str
    version: str
    sum: str
    files: tuple[str, ...]
    """Definitions in it."""


_GATEWAY = "config/crd/standard/gateway.networking.k8s.io"
_MONITORING = "example/prometheus-operator-crd/monitoring.coreos.com"
MODULES = (
    Module(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        (f"{_MONITORING}_podmonitors.yaml", f"{_MONITORING}_prometheusrules.yaml"),
    ),
    Module(
        "github.com/kedacore/keda/v2",
        "v2.21.0",
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        ("config/crd/bases/keda.sh_scaledobjects.yaml",),
    ),
    Module(
        "github.com/cert-manager/cert-manager",
        "v1.21.2",
        "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
        ("deploy/crds/cert-manager.io_certificates.yaml",),
    ),
    Module(
        "github.com/external-secrets/external-secrets",
        "v1.3.2",
        "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
        ("config/crds/bases/external-secrets.io_externalsecrets.yaml",),
    ),
    Module(
        "sigs.k8s.io/gateway-api",
        "v1.4.0",
        "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=",
        tuple(f"{_GATEWAY}_{kind}.yaml" for kind in ("gatewayclasses", "gateways", "httproutes")),
    ),
)


def definitions() -> list[Path]:
    """Files with the definitions.

    Raises:
        Unavailable: Go, or a module, cannot be had.
    """
    if shutil.which("go") is None:
        raise Unavailable("definitions of custom resources come as Go modules, and there is no Go")
    return [file for module in MODULES for file in _files(module)]


def _files(module: Module) -> list[Path]:
    done = subprocess.run(
        ["go", "mod", "download", "-json", f"{module.path}@{module.version}"],
        cwd="/",  # of no module
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"{module.path}: {done.stdout.strip()[-300:]}")
    found = json.loads(done.stdout)
    assert found["Sum"] == module.sum, found
    return [Path(found["Dir"]) / file for file in module.files]
