"""The `modelport` provider plugin: own resource types, served to the engine.

wire.py               property values
base.py               a provider's life beside the engine
process.py            a provider as a process
handler.py            contract of one resource type
handlers.py           all of them
servicer.py           the engine's protocol on top of the handlers
offline.py            the same without anything behind them
api_key.py            modelport:auth:ApiKey
local_server.py       modelport:local:Server
app_engine_service.py modelport:gcp:AppEngineService
docker_image.py       modelport:docker:Image
docker_service.py     modelport:docker:Service
docker_rollout.py     how a new version takes over on an engine
docker_live.py        what is live on an engine
heroku_app.py         modelport:heroku:App
heroku_config_vars.py modelport:heroku:ConfigVars
heroku_release.py     modelport:heroku:Release
heroku_live.py        what is live on Heroku
live_revision.py      modelport:live:Revision
live_traffic.py       modelport:live:Traffic
live_verification.py  modelport:live:Verification
vertex_model.py       modelport:gcp:VertexModel
vertex_deployed_model.py, vertex_deployment.py
                      modelport:gcp:VertexDeployedModel
vertex_operations.py  what both share
"""
