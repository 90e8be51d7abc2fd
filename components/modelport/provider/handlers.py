"""Handlers: every resource type of the package `modelport`; each is imported when it is needed.

Most programs use a few of them, and to import all takes longer than a preview of a hundred
resources.
"""

from importlib import import_module
from typing import Any, cast

from modelport.provider.handler import Handler

HANDLERS = {
    "modelport:auth:ApiKey": "api_key.ApiKeyHandler",
    "modelport:auth:LoginKey": "login_key.LoginKeyHandler",
    "modelport:docker:Image": "docker_image.DockerImageHandler",
    "modelport:docker:Service": "docker_service.DockerServiceHandler",
    "modelport:gcp:AppEngineService": "app_engine_service.AppEngineServiceHandler",
    "modelport:gcp:VertexDeployedModel": "vertex_deployed_model.VertexDeployedModelHandler",
    "modelport:gcp:VertexModel": "vertex_model.VertexModelHandler",
    "modelport:heroku:App": "heroku_app.HerokuAppHandler",
    "modelport:heroku:ConfigVars": "heroku_config_vars.HerokuConfigVarsHandler",
    "modelport:heroku:Release": "heroku_release.HerokuReleaseHandler",
    "modelport:image:Image": "model_image.ModelImageHandler",
    "modelport:live:Revision": "live_revision.LiveRevisionHandler",
    "modelport:live:Traffic": "live_traffic.TrafficHandler",
    "modelport:live:Verification": "live_verification.VerificationHandler",
    "modelport:local:Server": "local_server.LocalServerHandler",
}
"""Module and class of each resource type, by its token."""


def handler_of(token: str) -> Handler[Any]:
    """The handler of a resource type.

    Raises:
        KeyError: there is no such type.
    """
    module, _, name = HANDLERS[token].partition(".")
    found = getattr(import_module(f"modelport.provider.{module}"), name)
    return cast("Handler[Any]", found())
