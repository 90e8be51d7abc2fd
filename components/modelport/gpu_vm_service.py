"""GpuVmService: a bundle on virtual machines, with a GPU where it needs one."""

from modelport.endpoint_component import EndpointComponent


class GpuVmService(EndpointComponent):
    """A group of virtual machines behind a load balancer.

    Kinds `aws.ec2`, `gcp.compute`, `azure.vm`.
    """

    TYPE = "modelport:index:GpuVmService"
