"""The resources of kind `kubernetes`: the manifests, their image, and the proof."""

import hashlib
import json
import re
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from modelport.platforms.container import CallerKey, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.kubernetes.keys import key_secret_name
from modelport.platforms.kubernetes.manifests import manifests
from modelport.platforms.kubernetes.names import INSTANCE
from modelport.platforms.kubernetes.plan import KubernetesPlan
from modelport.platforms.kubernetes.pods import KEY_VARIABLE, Values
from modelport.platforms.kubernetes.scaling import SCALERS
from modelport.platforms.proving import prove
from modelport.platforms.shared_provider import shared_provider
from modelport.resources.image import Image

_TYPES: dict[str, Any] = {
    "Namespace": k8s.core.v1.Namespace,
    "Secret": k8s.core.v1.Secret,
    "ServiceAccount": k8s.core.v1.ServiceAccount,
    "NetworkPolicy": k8s.networking.v1.NetworkPolicy,
    "Service": k8s.core.v1.Service,
    "Deployment": k8s.apps.v1.Deployment,
    "PodDisruptionBudget": k8s.policy.v1.PodDisruptionBudget,
    "Ingress": k8s.networking.v1.Ingress,
    "ConfigMap": k8s.core.v1.ConfigMap,
    "HorizontalPodAutoscaler": k8s.autoscaling.v2.HorizontalPodAutoscaler,
}
"""Class of every kind; custom resources have one of their own."""
_LATE_SECONDS = 30
"""For how long the cluster itself may be late in saying that pods are not ready in time."""


def build(plan: KubernetesPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; a new revision's pods take no requests until traffic is moved."""
    opts = _cluster(plan, parent)
    # One that comes out of a store is none of the state's.
    key = CallerKey(None, {}) if plan.target.key_secret else caller_key(plan, opts)
    key_hash = key.variables.get(KEY_VARIABLE)
    variables = {
        name: value
        for name, value in container_variables(plan, key).items()
        if name != KEY_VARIABLE
    }
    image, digest = _image(plan, pulumi.ResourceOptions(parent=parent))
    after = opts
    last: dict[str, Values] = {}
    for end, manifest in manifests(plan, image, variables, key_hash, key.value).items():
        if manifest["kind"] in SCALERS:  # until then the rollout decides how many pods are
            last[end] = manifest
        else:
            # One after the other: what the one before was made after is there, too.
            after = _after(opts, _object(plan, end, manifest, after))
    return prove(
        plan,
        names=_names(plan),
        url=pulumi.Output.from_input(plan.url),
        log=_log(plan),
        digest=digest,
        key=key.value,
        moves_traffic=True,
        replicas_min=plan.replicas_min,
        after_traffic=lambda after: [
            _object(plan, end, manifest, after) for end, manifest in last.items()
        ],
        opts=after,
    )


def _cluster(plan: KubernetesPlan, parent: pulumi.Resource) -> pulumi.ResourceOptions:
    """Options of every object: the caller's provider, else the one of the plan's cluster."""
    context, kubeconfig = plan.target.context, plan.target.kubeconfig
    provider = parent.get_provider("kubernetes:index/provider:Provider")
    if provider is None:
        provider = shared_provider(
            _cluster_name(context, kubeconfig),
            lambda name: k8s.Provider(name, context=context, kubeconfig=kubeconfig),
        )
    return pulumi.ResourceOptions(parent=parent, provider=provider)


def _cluster_name(context: str | None, kubeconfig: str | None) -> str:
    """Name of a cluster's provider: `cluster`, or with digits that say how it is found."""
    if context is None and kubeconfig is None:
        return "cluster"
    found_by = json.dumps([context, kubeconfig])
    return f"cluster-{hashlib.sha256(found_by.encode()).hexdigest()[:8]}"


def _image(
    plan: KubernetesPlan, opts: pulumi.ResourceOptions
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Repository and digest, and the digest alone, of what is pushed or there already."""
    if plan.target.digest is not None:
        return pulumi.Output.from_input(plan.target.image), pulumi.Output.from_input(
            plan.target.digest
        )
    image = Image(
        f"{plan.name}-image",
        bundle=plan.bundle,
        version=plan.version,
        repository=plan.target.repository,
        registry="docker",
        opts=opts,
    )
    return image.reference, image.digest


def _object(
    plan: KubernetesPlan, end: str, manifest: Values, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    kind = str(manifest["kind"])
    parts = {_argument(key): value for key, value in manifest.items() if key not in _HEAD}
    if kind == "Deployment":
        limit = f"{plan.target.pod.start_seconds + _LATE_SECONDS}s"
        opts = pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                custom_timeouts=pulumi.CustomTimeouts(create=limit, update=limit)
            ),
        )
    made = _TYPES.get(kind)
    if made is None:
        made, parts = k8s.apiextensions.CustomResource, {**_head(manifest), **parts}
    return made(f"{plan.name}-{end}", **parts, opts=opts)


_HEAD = frozenset({"apiVersion", "kind"})


def _head(manifest: Values) -> Values:
    return {"api_version": manifest["apiVersion"], "kind": manifest["kind"]}


def _argument(key: str) -> str:
    """A key of an object as the SDK calls the argument: `stringData` is `string_data`."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", key).lower()


def _after(opts: pulumi.ResourceOptions, before: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[before]))


def _names(plan: KubernetesPlan) -> dict[str, pulumi.Input[str]]:
    """What finds the live service; see `live.py`."""
    target = plan.target
    optional = {
        "context": target.context,
        "kubeconfig": target.kubeconfig,
        "route": "gateway" if target.route.gateway else None,
        "key_secret": key_secret_name(plan) if target.key_secret else None,
    }
    return {
        "namespace": plan.namespace,
        "service": plan.physical_name,
        **{name: value for name, value in optional.items() if value},
    }


def _log(plan: KubernetesPlan) -> str:
    target = plan.target
    words = ["kubectl"]
    words += [f"--kubeconfig {target.kubeconfig}"] if target.kubeconfig else []
    words += [f"--context {target.context}"] if target.context else []
    return " ".join([*words, f"-n {plan.namespace} logs -f -l {INSTANCE}={plan.physical_name}"])
