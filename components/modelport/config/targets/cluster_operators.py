"""What the operators of a cluster may do for a deployment of kind `kubernetes`, where it has them.

Each is off until it is written: then the cluster must have what its docstring names.
"""

from typing import Annotated, Literal

from pydantic import Field

from modelport.config.base import Model
from modelport.config.targets.cluster_names import (
    LabelKey,
    LabelValue,
    NamespaceName,
    ObjectName,
)


class Monitoring(Model):
    """Metrics, alerts and a dashboard through the Prometheus Operator."""

    namespace: NamespaceName
    """Namespace of the Prometheus that scrapes the pods; the network policy lets it in."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, max_length=20)
    """Labels by which that Prometheus chooses its monitors and rules, e.g. `{release: stack}`."""
    interval_seconds: Annotated[int, Field(ge=5, le=300)] = 15
    """Seconds from one scrape to the next, 5 to 300."""
    dashboard: bool = True
    """Whether a ConfigMap with Grafana's dashboard is made, for its sidecar to find."""


class Keda(Model):
    """By KEDA, which asks Prometheus itself."""

    prometheus: Annotated[str, Field(max_length=1024, pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")]
    """Address of Prometheus for KEDA, e.g. `http://prometheus.monitoring.svc:9090`."""
    wake: Annotated[str, Field(min_length=3, max_length=2000)] | None = None
    """A query of Prometheus that is above 0 while somebody calls, counted before the pods, e.g. by
    the gateway; with it there may be no pods at all: `replicas: {min: 0}`."""
    calm_seconds: Annotated[int, Field(ge=30, le=86_400)] = 300
    """Seconds of calm after which the last pod ends, where there may be none; 30 to 86400."""


class Autoscaling(Model):
    """More pods by the predictions that are in flight, instead of by use of processors.

    Without `keda` a HorizontalPodAutoscaler asks the cluster's custom metrics, which
    prometheus-adapter offers.
    """

    in_flight: Annotated[float, Field(ge=0.1, le=10_000)]
    """Predictions in flight, the mean of a minute for each pod, at which more pods are started."""
    keda: Keda | None = None
    """By KEDA; left out, by the cluster's custom metrics."""


class Certificate(Model):
    """A certificate of the ingress's host, by cert-manager."""

    issuer: ObjectName
    """Name of the issuer."""
    issuer_kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer"
    """Whether it is the cluster's, or the namespace's own."""


class KeySecret(Model):
    """The key of callers out of a store of secrets, by the External Secrets Operator."""

    store: ObjectName
    """Name of the store."""
    store_kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore"
    """Whether it is the cluster's, or the namespace's own."""
    key: Annotated[str, Field(min_length=1, max_length=1024)]
    """What the store calls the secret; make its value of 32 random bytes or more."""
    property: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Part of the secret; left out, all of it."""
    refresh_minutes: Annotated[int, Field(ge=1, le=43_200)] = 60
    """Minutes until the store is asked again; pods take another key when they start."""
