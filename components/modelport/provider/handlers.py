"""Handlers: every resource type of the package `modelport`."""

from modelport.provider.api_key import ApiKeyHandler
from modelport.provider.app_engine_service import AppEngineServiceHandler
from modelport.provider.heroku_app import HerokuAppHandler
from modelport.provider.heroku_config_vars import HerokuConfigVarsHandler
from modelport.provider.heroku_release import HerokuReleaseHandler
from modelport.provider.live_revision import LiveRevisionHandler
from modelport.provider.live_traffic import TrafficHandler
from modelport.provider.live_verification import VerificationHandler
from modelport.provider.local_server import LocalServerHandler
from modelport.provider.model_image import ModelImageHandler
from modelport.provider.vertex_deployed_model import VertexDeployedModelHandler
from modelport.provider.vertex_model import VertexModelHandler

HANDLERS = (
    ApiKeyHandler,
    AppEngineServiceHandler,
    HerokuAppHandler,
    HerokuConfigVarsHandler,
    HerokuReleaseHandler,
    LiveRevisionHandler,
    LocalServerHandler,
    ModelImageHandler,
    TrafficHandler,
    VerificationHandler,
    VertexDeployedModelHandler,
    VertexModelHandler,
)
"""One class for each resource type."""
