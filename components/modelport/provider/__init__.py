"""The `modelport` provider plugin: own resource types, served to the engine.

wire.py           property values
handler.py        contract of one resource type
servicer.py       the engine's protocol on top of the handlers
api_key.py        modelport:auth:ApiKey
local_server.py   modelport:local:Server
"""

from modelport.provider.api_key import ApiKeyHandler
from modelport.provider.local_server import LocalServerHandler

HANDLERS = (ApiKeyHandler, LocalServerHandler)
"""Every resource type of the package."""
