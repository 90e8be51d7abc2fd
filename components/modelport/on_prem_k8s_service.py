"""OnPremK8sService: a bundle in the pods of a Kubernetes cluster, yours or a cloud's."""

from modelport.endpoint_component import EndpointComponent


class OnPremK8sService(EndpointComponent):
    """Pods behind a service, an ingress or a gateway.

    Kind `kubernetes`.
    """

    TYPE = "modelport:index:OnPremK8sService"
