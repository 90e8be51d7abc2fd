"""The resources of kind `docker`: a key, an image on the engine, its containers, and the proof."""

import pulumi

from modelport.platforms.container import call_line, own_key, serving_arguments
from modelport.platforms.docker.plan import DockerPlan
from modelport.platforms.endpoint import Endpoint, given
from modelport.resources import Verification
from modelport.resources.docker import EngineImage, EngineService
from modelport.resources.image import Image

_MIB = 2**20


def build(plan: DockerPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; the containers that were live go on until the new ones are proved."""
    opts = pulumi.ResourceOptions(parent=parent)
    target = plan.target
    service = f"{pulumi.get_project()}/{plan.stack}/{plan.name}"
    engine, certificates = target.host or "", target.certificates or ""
    key = own_key(plan, opts)
    image = EngineImage(
        f"{plan.name}-image",
        engine=engine,
        certificates=certificates,
        service=service,
        physical_name=plan.physical_name,
        bundle=plan.bundle,
        version=plan.version,
        base_image=target.base_image,
        reference=_pushed(plan, opts),
        opts=opts,
    )
    made = EngineService(
        plan.name,
        engine=engine,
        certificates=certificates,
        service=service,
        physical_name=plan.physical_name,
        alias=plan.name,
        owner=plan.owner,
        bundle=plan.bundle,
        version=plan.version,
        image=image.image_id,
        host=target.bind,
        port=target.port,
        replicas=target.replicas,
        memory_bytes=target.memory_mib * _MIB,
        tmp_bytes=target.tmp_mib * _MIB,
        log_bytes=target.log_mib * _MIB,
        log_files=target.log_files,
        cpus=target.cpus,
        workers=target.workers,
        gpus=target.gpus,
        egress=target.egress,
        network=target.network,
        environment=target.extra.environment,
        labels=target.extra.labels,
        secrets=plan.secrets,
        start_timeout=target.start_timeout,
        drain_timeout=target.drain_timeout,
        serving=serving_arguments(plan, key),
        opts=opts,
    )
    names: dict[str, pulumi.Input[str]] = {
        "engine": engine,
        "certificates": certificates,
        "service": service,
        "name": plan.physical_name,
        "host": target.bind,
        "url": made.url,
    }
    proof = Verification(
        f"{plan.name}-live",
        kind=plan.kind,
        names=names,
        bundle=plan.bundle,
        version=plan.version,
        revision=plan.version,
        digest=image.image_id,
        replicas_min=target.replicas,
        fingerprint=plan.fingerprint,
        api_key=key,
        oidc=given(plan.oidc),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[made])),
    )
    return Endpoint(
        url=made.url,
        call=call_line(plan, made.url, key),
        log=pulumi.Output.from_input(f"modelport logs {plan.name} --stack {plan.stack}"),
        verified=proof.verified,
        releases=made.releases,
        names=names,
        key=key,
    )


def _pushed(plan: DockerPlan, opts: pulumi.ResourceOptions) -> pulumi.Output[str] | None:
    """Where the image is pulled from, when it goes through a registry."""
    if plan.target.registry is None:
        return None
    pushed = Image(
        f"{plan.name}-pushed",
        bundle=plan.bundle,
        version=plan.version,
        repository=plan.target.registry,
        registry="docker",
        base_image=plan.target.base_image,
        opts=opts,
    )
    return pushed.reference
