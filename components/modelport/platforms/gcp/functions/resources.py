"""The resources of kind `gcp.functions`: sources in a bucket, a function, who may call it."""

from pathlib import Path

import pulumi
import pulumi_gcp as gcp

from modelport.bundles import find
from modelport.home import find_home
from modelport.images.source_bundle import ENTRY_POINT, write_source_bundle
from modelport.platforms.container import caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.gcp.alarms import watch
from modelport.platforms.gcp.functions.plan import FunctionsPlan
from modelport.platforms.gcp.functions.sources import build_account, source_bucket
from modelport.platforms.gcp.identity import WRITE_LOGS, WRITE_METRICS, service_account
from modelport.platforms.gcp.logs import keep_logs
from modelport.platforms.gcp.project import project
from modelport.platforms.gcp.run_metrics import run_metrics, run_service
from modelport.platforms.proving import prove

_INGRESS = {"public": "ALLOW_ALL", "private": "ALLOW_INTERNAL_ONLY"}


def build(plan: FunctionsPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; Google builds the sources and sends all traffic to the new build."""
    where = project(plan, parent)
    key = caller_key(plan, where.opts)
    account = service_account(plan, where, WRITE_LOGS, WRITE_METRICS)
    sources = _sources(plan)
    bucket = source_bucket(plan, where)
    source = gcp.storage.BucketObject(
        f"{plan.name}-{plan.version[:8]}-sources",
        bucket=bucket.name,
        name=sources.name,
        source=pulumi.FileAsset(str(sources)),
        opts=where.opts,
    )
    repository, builder, allowed = build_account(plan, where, bucket)
    function = gcp.cloudfunctionsv2.Function(
        f"{plan.name}-function",
        name=plan.physical_name,
        location=plan.region,
        kms_key_name=plan.encryption_key,
        build_config=gcp.cloudfunctionsv2.FunctionBuildConfigArgs(
            runtime=plan.python,
            entry_point=ENTRY_POINT,
            docker_repository=repository.id,
            service_account=builder.id,
            source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceArgs(
                storage_source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceStorageSourceArgs(
                    bucket=bucket.name, object=source.name
                )
            ),
        ),
        service_config=_service(plan, account.email, container_variables(plan, key)),
        labels=plan.tags,
        opts=where.after(account, *allowed),
    )
    for index, member in enumerate(_callers(plan)):
        # A function of the second generation is a service of Cloud Run, which asks its callers.
        gcp.cloudrunv2.ServiceIamMember(
            f"{plan.name}-invoker-{index}",
            location=plan.region,
            name=function.name,
            role="roles/run.invoker",
            member=member,
            opts=where.opts,
        )
    watch(plan, where, run_metrics(plan.physical_name))
    log = keep_logs(plan, where, run_service(plan.physical_name))
    return prove(
        plan,
        names={
            "project": plan.project,
            "region": plan.region,
            "function": plan.physical_name,
            "exposure": plan.exposure,
        },
        url=function.url,
        log=log,
        key=key.value,
        opts=where.after(function),
    )


def _sources(plan: FunctionsPlan) -> Path:
    """The zip file with the bundle's sources; the same bytes for the same bundle."""
    home = find_home()
    record = find(home, plan.bundle, plan.version)
    return write_source_bundle(home, record, home.work / "sources")


def _callers(plan: FunctionsPlan) -> tuple[str, ...]:
    """Where our own key is asked for, Google lets everyone through to the question."""
    return ("allUsers",) if plan.own_auth else plan.invokers


def _service(
    plan: FunctionsPlan, account: pulumi.Output[str], variables: dict[str, pulumi.Input[str]]
) -> gcp.cloudfunctionsv2.FunctionServiceConfigArgs:
    interface = gcp.cloudfunctionsv2.FunctionServiceConfigDirectVpcNetworkInterfaceArgs
    joined = plan.subnetwork is not None
    return gcp.cloudfunctionsv2.FunctionServiceConfigArgs(
        available_cpu=str(plan.cpu),
        available_memory=f"{plan.memory_mib}Mi",
        min_instance_count=plan.replicas_min,
        max_instance_count=plan.replicas_max,
        max_instance_request_concurrency=plan.concurrency,
        timeout_seconds=plan.timeout,
        service_account_email=account,
        ingress_settings=_INGRESS[plan.exposure],
        all_traffic_on_latest_revision=True,
        environment_variables={
            **variables,
            "MODELPORT_REVISION": plan.revision,
            # Else functions-framework answers four requests for each processor at once.
            "THREADS": str(plan.concurrency),
        },
        secret_environment_variables=[
            gcp.cloudfunctionsv2.FunctionServiceConfigSecretEnvironmentVariableArgs(
                key=name,
                project_id=reference.split("/")[1],
                secret=reference.split("/")[3],
                version=reference.partition("/versions/")[2] or "latest",
            )
            for name, reference in sorted(plan.secrets.items())
        ],
        direct_vpc_network_interfaces=[interface(network=plan.network, subnetwork=plan.subnetwork)]
        if joined
        else None,
        direct_vpc_egress="VPC_EGRESS_ALL_TRAFFIC" if joined else None,
    )
