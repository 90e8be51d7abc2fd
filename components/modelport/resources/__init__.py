"""Resource types of the `modelport` plugin, as Pulumi programs declare them."""

from modelport.resources.auth import ApiKey
from modelport.resources.local import Server

__all__ = ["ApiKey", "Server"]
