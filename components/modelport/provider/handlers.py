"""Handlers: every resource type of the package `modelport`."""

from modelport.provider.api_key import ApiKeyHandler
from modelport.provider.local_server import LocalServerHandler

HANDLERS = (ApiKeyHandler, LocalServerHandler)
"""One class for each resource type."""
