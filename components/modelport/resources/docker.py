"""modelport:docker: what runs on a Docker engine."""

from collections.abc import Mapping
from typing import Any

import pulumi

from modelport.resources.plugin import plugin_options
from modelport.resources.serving import ServingArguments


class EngineImage(pulumi.CustomResource):
    """The image of a built bundle on an engine, built there or pulled.

    The arguments are those of `modelport.provider.docker_image.DockerImageInputs`.
    """

    image_id: pulumi.Output[str]
    """Its id on the engine, `sha256:…`."""

    def __init__(
        self,
        name: str,
        *,
        engine: pulumi.Input[str],
        certificates: pulumi.Input[str],
        service: pulumi.Input[str],
        physical_name: pulumi.Input[str],
        bundle: pulumi.Input[str],
        version: pulumi.Input[str],
        base_image: pulumi.Input[str] | None = None,
        reference: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "engine": engine,
            "certificates": certificates,
            "service": service,
            "name": physical_name,
            "bundle": bundle,
            "version": version,
            "base_image": base_image,
            "reference": reference,
            "image_id": None,
            "before": None,
            "engine_id": None,
        }
        super().__init__("modelport:docker:Image", name, props, plugin_options(opts))


class EngineService(pulumi.CustomResource):
    """A bundle served by containers behind one open port, verified before it counts as made.

    The arguments are those of `modelport.provider.docker_service.DockerServiceInputs`.
    """

    url: pulumi.Output[str]
    """Base address of the endpoint."""
    status: pulumi.Output[str]
    """`running`, or after a refresh what is not as it should be."""
    proof: pulumi.Output[str]
    """What was seen when it was last deployed."""
    releases: pulumi.Output[list[dict[str, str]]]
    """Versions that were live, each with the time from which it was; the last one is live."""

    def __init__(
        self,
        name: str,
        *,
        engine: pulumi.Input[str],
        certificates: pulumi.Input[str],
        service: pulumi.Input[str],
        physical_name: pulumi.Input[str],
        alias: pulumi.Input[str],
        owner: pulumi.Input[str],
        bundle: pulumi.Input[str],
        version: pulumi.Input[str],
        image: pulumi.Input[str],
        host: pulumi.Input[str],
        port: pulumi.Input[int],
        replicas: pulumi.Input[int],
        memory_bytes: pulumi.Input[int],
        tmp_bytes: pulumi.Input[int],
        log_bytes: pulumi.Input[int],
        log_files: pulumi.Input[int],
        cpus: pulumi.Input[float] | None,
        workers: pulumi.Input[int] | None,
        gpus: pulumi.Input[Any] | None,
        egress: pulumi.Input[bool],
        network: pulumi.Input[str] | None,
        environment: pulumi.Input[Mapping[str, str]],
        labels: pulumi.Input[Mapping[str, str]],
        secrets: pulumi.Input[Mapping[str, str]],
        start_timeout: pulumi.Input[float],
        drain_timeout: pulumi.Input[float],
        serving: ServingArguments,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "engine": engine,
            "certificates": certificates,
            "service": service,
            "name": physical_name,
            "alias": alias,
            "owner": owner,
            "bundle": bundle,
            "version": version,
            "image": image,
            "host": host,
            "port": port,
            "replicas": replicas,
            "memory_bytes": memory_bytes,
            "tmp_bytes": tmp_bytes,
            "log_bytes": log_bytes,
            "log_files": log_files,
            "cpus": cpus,
            "workers": workers,
            "gpus": gpus,
            "egress": egress,
            "network": network,
            "environment": environment,
            "labels": labels,
            "secrets": secrets,
            "start_timeout": start_timeout,
            "drain_timeout": drain_timeout,
            **serving,
            "url": None,
            "status": None,
            "proof": None,
            "releases": None,
        }
        super().__init__("modelport:docker:Service", name, props, plugin_options(opts))
