"""LocalService: a bundle served on this machine."""

from modelport.endpoint_component import EndpointComponent


class LocalService(EndpointComponent):
    """An HTTP endpoint of supervised processes; kind `local`."""

    TYPE = "modelport:index:LocalService"
