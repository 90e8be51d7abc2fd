"""Resource types of the `modelport` plugin, as Pulumi programs declare them."""

from modelport.resources.app_engine import AppEngineService
from modelport.resources.auth import ApiKey, LoginKey
from modelport.resources.live import LiveRevision, Traffic, Verification
from modelport.resources.local import Server
from modelport.resources.vertex import VertexDeployedModel, VertexModel

__all__ = [
    "ApiKey",
    "AppEngineService",
    "LiveRevision",
    "LoginKey",
    "Server",
    "Traffic",
    "Verification",
    "VertexDeployedModel",
    "VertexModel",
]
