"""ServerlessPredictor: a bundle that is paid by request, and costs little or nothing idle."""

from modelport.endpoint_component import EndpointComponent


class ServerlessPredictor(EndpointComponent):
    """Functions, and containers that scale to zero.

    Kinds `aws.lambda`, `gcp.cloud_run`, `gcp.functions`, `azure.functions`,
    `azure.container_apps`.
    """

    TYPE = "modelport:index:ServerlessPredictor"
