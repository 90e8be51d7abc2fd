"""Kind `kubernetes`: pods of any conformant Kubernetes cluster."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from modelport.config.base import Model
from modelport.config.targets.base import Component, Replicas, Target
from modelport.config.targets.cluster_names import HostName, LabelValue, NamespaceName, ObjectName
from modelport.config.targets.cluster_operators import (
    Autoscaling,
    Certificate,
    KeySecret,
    Monitoring,
)


class PodReplicas(Replicas):
    """How many pods there are."""

    min: Annotated[int, Field(ge=0, le=1000)] = 2
    """Pods that are always there; with 1, a drained node interrupts the service. 0 needs
    `autoscaling.keda` with `wake`."""
    max: Annotated[int, Field(ge=1, le=1000)] = 4
    """Pods that there are at most."""
    cpu_percent: Annotated[int, Field(ge=10, le=95)] = 70
    """Average use of the requested processors at which more pods are started, 10 to 95 %."""


class Pod(Model):
    """What one pod gets and is given."""

    cpu: Annotated[float, Field(ge=0.05, le=256)] = 0.5
    """Processors that are kept free for it."""
    cpu_limit: Annotated[float, Field(ge=0.05, le=256)] | None = None
    """Processors that it may take at most; left out, what its node has to spare."""
    memory_mib: Annotated[int, Field(ge=128, le=4_194_304)] = 1024
    """Memory in MiB, kept free for it and its limit: one that takes more is ended."""
    tmp_mib: Annotated[int, Field(ge=16, le=16_384)] = 128
    """Space under `/tmp`, the only place to write, in MiB; it is memory, and part of that."""
    start_seconds: Annotated[int, Field(ge=10, le=3600)] = 300
    """Seconds in which it must be ready, with the pull of its image."""
    pull_secret: ObjectName | None = None
    """Secret of the namespace with which its node pulls the image."""


class Gpu(Model):
    """GPUs of NVIDIA, as the cluster's device plugin offers them."""

    count: Annotated[int, Field(ge=1, le=16)] = 1
    """GPUs, or parts of one, for each pod."""
    product: LabelValue | None = None
    """Label `nvidia.com/gpu.product` of the nodes, e.g. `NVIDIA-A100-SXM4-40GB`."""
    mig: Annotated[str, Field(pattern=r"^[1-7]g\.[0-9]{1,3}gb$")] | None = None
    """Profile of MIG when a part of a GPU is enough, e.g. `1g.10gb`."""


class Tpu(Model):
    """TPUs of Google's, on nodes of GKE."""

    type: LabelValue
    """Label `cloud.google.com/gke-tpu-accelerator` of the nodes, e.g. `tpu-v5-lite-podslice`."""
    topology: Annotated[str, Field(pattern=r"^[0-9]+x[0-9]+(x[0-9]+)?$")]
    """Label `cloud.google.com/gke-tpu-topology` of the nodes, e.g. `2x2`; one node holds it all."""


class Door(Model):
    """How callers from outside the cluster get in."""

    host: HostName
    """Host name that callers use, e.g. `cancer.example.com`; your DNS leads it to the cluster."""
    scheme: Literal["https", "http"] = "https"
    """`http` sends the key of callers in the clear, which is right in a sealed network only."""


class Ingress(Door):
    """Through a controller of `Ingress` objects."""

    class_name: ObjectName | None = None
    """Class of the controller; left out, the cluster's default class."""
    tls_secret: ObjectName | None = None
    """Secret of the namespace with the certificate; left out, the controller's own certificate."""


class Gateway(Door):
    """Through a Gateway of the Gateway API, which weighs requests."""

    name: ObjectName
    """Name of the Gateway; its listeners hold the certificates."""
    namespace: NamespaceName
    """Its namespace."""
    listener: ObjectName | None = None
    """Its listener; left out, every one that takes the host."""


class Route(Model):
    """Who reaches the pods; nobody else's packets do, where the cluster enforces policies."""

    callers: Annotated[tuple[NamespaceName, ...], Field(max_length=50)] = ()
    """Namespaces whose pods may call, beside its own; with an ingress or a gateway, the one in
    which the controller's pods run."""
    ingress: Ingress | None = None
    """Through an ingress controller."""
    gateway: Gateway | None = None
    """Through a gateway."""

    @model_validator(mode="after")
    def _one_door(self) -> Self:
        if self.ingress and self.gateway:
            message = "has ingress and gateway; write one of them"
            raise ValueError(message)
        return self

    @property
    def door(self) -> Door | None:
        """The ingress or the gateway; none inside the cluster only."""
        return self.ingress or self.gateway


class Overlay(Model):
    """A change to the objects that are made, where a cluster has rules of its own."""

    kind: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{1,62}$")]
    """Kind of the objects that are changed, e.g. `Deployment`."""
    merge: Annotated[dict[str, Any], Field(min_length=1)]
    """A strategic merge patch, e.g. `{spec: {minReadySeconds: 5}}`.

    Objects are merged, containers, variables and volumes by `name`; other lists are replaced, and
    null takes away.
    """
    weakens: bool = False
    """Says that the patch may take protection away, such as an unprivileged user."""


class KubernetesTarget(Target):
    """Pods of any conformant Kubernetes cluster."""

    COMPONENT: ClassVar[Component] = "OnPremK8sService"

    kind: Literal["kubernetes"] = "kubernetes"
    """Kind of target."""
    image: Annotated[
        str,
        Field(
            max_length=255,
            pattern=r"^[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+(@sha256:[0-9a-f]{64})?$",
        ),
    ]
    """Repository without a tag, e.g. `registry.example.com/models/cancer`.

    The image is pushed to it; with `@sha256:…`, it is one that is there already.
    """
    context: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """Context of the kubeconfig, which is found as kubectl finds it; left out, the current one."""
    kubeconfig: Annotated[str, Field(max_length=1024, pattern=r"^[~/][^\n]+$")] | None = None
    """Path of a kubeconfig, from `/` or `~`; left out, that of kubectl."""
    namespace: NamespaceName | None = None
    """Namespace that is there; left out, one is made for the deployment."""
    replicas: PodReplicas = PodReplicas()
    """How many pods there are; between the two, load decides."""
    pod: Pod = Pod()
    """What one pod gets."""
    gpu: Gpu | None = None
    """GPUs of each pod."""
    tpu: Tpu | None = None
    """TPUs of each pod."""
    route: Route = Route()
    """Who reaches it; left out, pods of its own namespace."""
    monitoring: Monitoring | None = None
    """Metrics, alerts and a dashboard, where the cluster has the Prometheus Operator."""
    autoscaling: Autoscaling | None = None
    """More pods by requests in flight; left out, by use of processors."""
    certificate: Certificate | None = None
    """Certificate of the ingress's host, where the cluster has cert-manager."""
    key_secret: KeySecret | None = None
    """Where the key of callers comes from, where the cluster has the External Secrets Operator;
    left out, one is made."""
    overlays: Annotated[tuple[Overlay, ...], Field(max_length=20)] = ()
    """Changes to the objects that are made."""

    @property
    def repository(self) -> str:
        """The image without its digest."""
        return self.image.partition("@")[0]

    @property
    def digest(self) -> str | None:
        """Digest of an image that is there already; none when one is pushed."""
        return self.image.partition("@")[2] or None

    @model_validator(mode="after")
    def _one_accelerator(self) -> Self:
        if self.gpu and self.tpu:
            message = "has gpu and tpu; a node has one of them"
            raise ValueError(message)
        return self
