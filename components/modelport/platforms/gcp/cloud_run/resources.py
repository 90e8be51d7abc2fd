"""The resources of kind `gcp.cloud_run`: a service, who may call it, and its traffic."""

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.container import ALIVE, PORT, READY, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.gcp.alarms import watch
from modelport.platforms.gcp.cloud_run.plan import CloudRunPlan
from modelport.platforms.gcp.identity import WRITE_LOGS, WRITE_METRICS, service_account
from modelport.platforms.gcp.image import model_image
from modelport.platforms.gcp.logs import keep_logs
from modelport.platforms.gcp.project import project
from modelport.platforms.gcp.run_metrics import run_metrics, run_service
from modelport.platforms.proving import live_before, prove
from modelport.platforms.shares import present_shares

CANDIDATE = "candidate"
"""Tag of the newest revision, which gives it an address of its own before it takes traffic."""


def build(plan: CloudRunPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; a new revision has no traffic until it is moved."""
    where = project(plan, parent)
    names: dict[str, pulumi.Input[str]] = {
        "project": plan.project,
        "region": plan.region,
        "service": plan.physical_name,
        "exposure": plan.exposure,
    }
    before = live_before(plan, names, where.opts)
    key = caller_key(plan, where.opts)
    images = model_image(plan, where)
    account = service_account(plan, where, WRITE_LOGS, WRITE_METRICS)
    service = gcp.cloudrunv2.Service(
        f"{plan.name}-service",
        name=plan.physical_name,
        location=plan.region,
        ingress=_INGRESS[plan.exposure],
        # Where our own key is asked for, Google lets everyone through to the question.
        invoker_iam_disabled=plan.own_auth,
        deletion_protection=False,  # Pulumi's own `protect` says what must stay
        labels=plan.tags,
        template=_template(plan, images.reference, account.email, container_variables(plan, key)),
        traffics=present_shares(before, plan.revision).apply(
            lambda shares: [_share(plan, revision, shares) for revision in sorted(shares)]
        ),
        opts=where.after(account),
    )
    for index, member in enumerate(plan.invokers):
        gcp.cloudrunv2.ServiceIamMember(
            f"{plan.name}-invoker-{index}",
            location=plan.region,
            name=service.name,
            role="roles/run.invoker",
            member=member,
            opts=where.opts,
        )
    watch(plan, where, run_metrics(plan.physical_name))
    log = keep_logs(plan, where, run_service(plan.physical_name))
    return prove(
        plan,
        names=names,
        url=service.uri,
        log=log,
        digest=images.digest,
        key=key.value,
        moves_traffic=True,
        opts=where.after(service),
    )


_INGRESS = {"public": "INGRESS_TRAFFIC_ALL", "private": "INGRESS_TRAFFIC_INTERNAL_ONLY"}


def _template(
    plan: CloudRunPlan,
    image: pulumi.Output[str],
    account: pulumi.Output[str],
    variables: dict[str, pulumi.Input[str]],
) -> gcp.cloudrunv2.ServiceTemplateArgs:
    limits = {"cpu": str(plan.cpu), "memory": f"{plan.memory_mib}Mi"}
    probe = gcp.cloudrunv2.ServiceTemplateContainerStartupProbeHttpGetArgs
    container = gcp.cloudrunv2.ServiceTemplateContainerArgs(
        image=image,
        ports=gcp.cloudrunv2.ServiceTemplateContainerPortsArgs(container_port=PORT),
        resources=gcp.cloudrunv2.ServiceTemplateContainerResourcesArgs(
            limits={**limits, "nvidia.com/gpu": "1"} if plan.gpu else limits,
            cpu_idle=not plan.gpu,
            startup_cpu_boost=True,
        ),
        envs=_variables(plan, variables),
        startup_probe=gcp.cloudrunv2.ServiceTemplateContainerStartupProbeArgs(
            http_get=probe(path=READY, port=PORT),
            period_seconds=2,
            timeout_seconds=2,
            failure_threshold=60,
        ),
        liveness_probe=gcp.cloudrunv2.ServiceTemplateContainerLivenessProbeArgs(
            http_get=gcp.cloudrunv2.ServiceTemplateContainerLivenessProbeHttpGetArgs(
                path=ALIVE, port=PORT
            ),
            period_seconds=10,
            timeout_seconds=4,
            failure_threshold=3,
        ),
    )
    return gcp.cloudrunv2.ServiceTemplateArgs(
        revision=f"{plan.physical_name}-{plan.revision}",
        service_account=account,
        containers=[container],
        scaling=gcp.cloudrunv2.ServiceTemplateScalingArgs(
            min_instance_count=plan.replicas_min, max_instance_count=plan.replicas_max
        ),
        max_instance_request_concurrency=plan.concurrency,
        timeout=f"{plan.timeout}s",
        execution_environment="EXECUTION_ENVIRONMENT_GEN2",
        encryption_key=plan.encryption_key,
        vpc_access=_network(plan),
        node_selector=gcp.cloudrunv2.ServiceTemplateNodeSelectorArgs(accelerator=plan.gpu)
        if plan.gpu
        else None,
        labels={**plan.tags, "model-version": plan.version},
    )


def _variables(
    plan: CloudRunPlan, variables: dict[str, pulumi.Input[str]]
) -> list[gcp.cloudrunv2.ServiceTemplateContainerEnvArgs]:
    """Plain ones, and references to secrets, which Google resolves when an instance starts."""
    env = gcp.cloudrunv2.ServiceTemplateContainerEnvArgs
    plain = [env(name=name, value=value) for name, value in sorted(variables.items())]
    for name, reference in sorted(plan.secrets.items()):
        secret, _, version = reference.partition("/versions/")
        source = gcp.cloudrunv2.ServiceTemplateContainerEnvValueSourceArgs(
            secret_key_ref=gcp.cloudrunv2.ServiceTemplateContainerEnvValueSourceSecretKeyRefArgs(
                secret=secret, version=version or "latest"
            )
        )
        plain.append(env(name=name, value_source=source))
    return plain


def _network(plan: CloudRunPlan) -> gcp.cloudrunv2.ServiceTemplateVpcAccessArgs | None:
    if plan.subnetwork is None:
        return None
    interface = gcp.cloudrunv2.ServiceTemplateVpcAccessNetworkInterfaceArgs(
        network=plan.network, subnetwork=plan.subnetwork
    )
    return gcp.cloudrunv2.ServiceTemplateVpcAccessArgs(
        network_interfaces=[interface], egress="ALL_TRAFFIC"
    )


def _share(
    plan: CloudRunPlan, revision: str, shares: dict[str, int]
) -> gcp.cloudrunv2.ServiceTrafficArgs:
    return gcp.cloudrunv2.ServiceTrafficArgs(
        type="TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
        revision=f"{plan.physical_name}-{revision}",
        percent=shares[revision],
        tag=CANDIDATE if revision == plan.revision else None,
    )
