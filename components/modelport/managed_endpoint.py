"""ManagedEndpoint: a bundle on a cloud's own service for models."""

from modelport.endpoint_component import EndpointComponent


class ManagedEndpoint(EndpointComponent):
    """An endpoint of SageMaker, Vertex AI or Azure ML.

    Kinds `aws.sagemaker`, `gcp.vertex`, `azure.ml`.
    """

    TYPE = "modelport:index:ManagedEndpoint"
