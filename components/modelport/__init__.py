"""Modelport: one typed config becomes a live, checked model endpoint.

The names below are imported when first used: the supervisor and the command line start without
Pulumi.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.app_service import AppService
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
    from modelport.docker_service import DockerService
    from modelport.errors import ModelportError
    from modelport.gpu_vm_service import GpuVmService
    from modelport.local_service import LocalService
    from modelport.managed_endpoint import ManagedEndpoint
    from modelport.on_prem_k8s_service import OnPremK8sService
    from modelport.plan import PlanContext
    from modelport.serverless_predictor import ServerlessPredictor

__version__ = "0.1.0"

_HOMES = {
    "AppService": "modelport.app_service",
    "Component": "modelport.component",
    "Deployment": "modelport.config",
    "DockerService": "modelport.docker_service",
    "Gate": "modelport.config",
    "GpuVmService": "modelport.gpu_vm_service",
    "Limits": "modelport.config",
    "LocalService": "modelport.local_service",
    "LocalTarget": "modelport.config",
    "ManagedEndpoint": "modelport.managed_endpoint",
    "ModelportError": "modelport.errors",
    "OnPremK8sService": "modelport.on_prem_k8s_service",
    "PlanContext": "modelport.plan",
    "ServerlessPredictor": "modelport.serverless_predictor",
    "Serving": "modelport.config",
    "Threshold": "modelport.config",
    "Workload": "modelport.config",
}

__all__ = [
    "AppService",
    "Component",
    "Deployment",
    "DockerService",
    "Gate",
    "GpuVmService",
    "Limits",
    "LocalService",
    "LocalTarget",
    "ManagedEndpoint",
    "ModelportError",
    "OnPremK8sService",
    "PlanContext",
    "ServerlessPredictor",
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
