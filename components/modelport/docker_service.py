"""DockerService: a bundle served by containers of one machine's Docker engine."""

from modelport.endpoint_component import EndpointComponent


class DockerService(EndpointComponent):
    """An endpoint of containers behind a port that stays open over every change; kind `docker`."""

    TYPE = "modelport:index:DockerService"
