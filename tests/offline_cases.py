"""Requests to an offline backing, as the servicer would make them."""

from typing import Any

from modelport.offline import OfflineBacking
from modelport.provider.wire import Json
from modelport.sdk import function, resource
from modelport.sdk_provider.backing import Request, Values


def request_of(token: str, config: dict[str, Any] | None = None, name: str = "thing") -> Request:
    """A request for one resource of the program."""
    urn = f"urn:pulumi:dev::project::{token}::{name}"
    return Request(urn, resource(token), config or {}, lambda _text: None)


def made(
    token: str, inputs: Values, config: dict[str, Any] | None = None, name: str = "thing"
) -> tuple[str, Values]:
    """Id and outputs of a new resource."""
    request = request_of(token, config, name)
    backing = OfflineBacking(token.partition(":")[0])
    return backing.create(request, backing.complete(request, inputs, {}))


def asked(token: str, config: dict[str, Any] | None = None, **arguments: Json) -> Any:
    """Answer of a data source."""
    backing = OfflineBacking(token.partition(":")[0])
    return backing.invoke(function(token), arguments, config or {})
