"""Modelport: one typed config becomes a live, checked model endpoint.

The names below are imported when first used: the supervisor and the command line start without
Pulumi.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.component import Component
    from modelport.config import (
        Deployment,
        Gate,
        Limits,
        LocalTarget,
        Serving,
        Threshold,
        Workload,
    )
    from modelport.errors import ModelportError
    from modelport.local_service import LocalService
    from modelport.plan import PlanContext

__version__ = "0.1.0"

_HOMES = {
    "Component": "modelport.component",
    "Deployment": "modelport.config",
    "Gate": "modelport.config",
    "Limits": "modelport.config",
    "LocalService": "modelport.local_service",
    "LocalTarget": "modelport.config",
    "ModelportError": "modelport.errors",
    "PlanContext": "modelport.plan",
    "Serving": "modelport.config",
    "Threshold": "modelport.config",
    "Workload": "modelport.config",
}

__all__ = [
    "Component",
    "Deployment",
    "Gate",
    "Limits",
    "LocalService",
    "LocalTarget",
    "ModelportError",
    "PlanContext",
    "Serving",
    "Threshold",
    "Workload",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module 'modelport' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)
