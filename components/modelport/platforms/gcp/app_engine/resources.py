"""The resources of kind `gcp.app_engine`: a version of its own for each revision, and traffic."""

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.container import (
    ALIVE,
    PORT,
    READY,
    caller_key,
    container_variables,
)
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.gcp.alarms import Metrics, watch
from modelport.platforms.gcp.app_engine.plan import AppEnginePlan
from modelport.platforms.gcp.identity import WRITE_LOGS, WRITE_METRICS, may_pull, service_account
from modelport.platforms.gcp.image import model_image
from modelport.platforms.gcp.logs import keep_logs
from modelport.platforms.gcp.project import project
from modelport.platforms.proving import prove
from modelport.resources import AppEngineService

_EVERY, _WITHIN = "5s", "4s"


def build(plan: AppEnginePlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; a service of the deployment's own, never the project's `default`."""
    where = project(plan, parent)
    service = AppEngineService(
        f"{plan.name}-service",
        project=plan.project,
        region=plan.region,
        service=plan.physical_name,
        opts=where.opts,
    )
    key = caller_key(plan, where.opts)
    images = model_image(plan, where)
    account = service_account(plan, where, WRITE_LOGS, WRITE_METRICS)
    pull = may_pull(plan, where, images, account)
    version = gcp.appengine.FlexibleAppVersion(
        f"{plan.name}-{plan.revision}-version",
        service=plan.physical_name,
        version_id=plan.revision,
        runtime="custom",
        service_account=account.email,
        deployment=gcp.appengine.FlexibleAppVersionDeploymentArgs(
            container=gcp.appengine.FlexibleAppVersionDeploymentContainerArgs(
                image=images.reference
            )
        ),
        env_variables={**container_variables(plan, key), "PORT": str(PORT)},
        resources=gcp.appengine.FlexibleAppVersionResourcesArgs(
            cpu=plan.cpu, memory_gb=plan.memory_gib, disk_gb=10
        ),
        automatic_scaling=gcp.appengine.FlexibleAppVersionAutomaticScalingArgs(
            min_total_instances=plan.replicas_min,
            max_total_instances=plan.replicas_max,
            cpu_utilization=gcp.appengine.FlexibleAppVersionAutomaticScalingCpuUtilizationArgs(
                target_utilization=plan.cpu_target / 100
            ),
        ),
        liveness_check=gcp.appengine.FlexibleAppVersionLivenessCheckArgs(
            path=ALIVE,
            failure_threshold=4,
            initial_delay="60s",
            check_interval=_EVERY,
            timeout=_WITHIN,
            success_threshold=1,
        ),
        readiness_check=gcp.appengine.FlexibleAppVersionReadinessCheckArgs(
            path=READY,
            failure_threshold=2,
            app_start_timeout="600s",
            check_interval=_EVERY,
            timeout=_WITHIN,
            success_threshold=1,
        ),
        network=_network(plan),
        serving_status="SERVING",
        # A version that lost its traffic goes alone, the last one with the service.
        noop_on_destroy=False,
        delete_service_on_destroy=False,
        opts=pulumi.ResourceOptions.merge(
            where.after(service, pull), pulumi.ResourceOptions(deleted_with=service)
        ),
    )
    reachable = gcp.appengine.ServiceNetworkSettings(
        f"{plan.name}-ingress",
        service=version.service,
        network_settings=gcp.appengine.ServiceNetworkSettingsNetworkSettingsArgs(
            ingress_traffic_allowed=_INGRESS[plan.exposure]
        ),
        opts=where.opts,
    )
    watch(plan, where, _metrics(plan))
    log = keep_logs(plan, where, _resource(plan))
    url = service.hostname.apply(lambda name: f"https://{name}")
    return prove(
        plan,
        names={
            "project": plan.project,
            "service": plan.physical_name,
            "exposure": plan.exposure,
            "url": url,
        },
        url=url,
        log=log,
        digest=images.digest,
        key=key.value,
        moves_traffic=True,
        opts=where.after(version, reachable),
    )


_INGRESS = {
    "public": "INGRESS_TRAFFIC_ALLOWED_ALL",
    "private": "INGRESS_TRAFFIC_ALLOWED_INTERNAL_ONLY",
}
"""https://cloud.google.com/appengine/docs/flexible/ingress-settings."""


def _network(plan: AppEnginePlan) -> gcp.appengine.FlexibleAppVersionNetworkArgs | None:
    if plan.network is None:
        return None
    return gcp.appengine.FlexibleAppVersionNetworkArgs(
        name=plan.network.rpartition("/")[2],
        subnetwork=(plan.subnetwork or "").rpartition("/")[2],
        instance_ip_mode="INTERNAL",
    )


def _metrics(plan: AppEnginePlan) -> Metrics:
    """https://cloud.google.com/monitoring/api/metrics_gcp_a_b#gcp-appengine."""
    prefix = 'metric.type="appengine.googleapis.com/http/server'
    count = f'{prefix}/response_count" AND {_resource(plan)}'
    return Metrics(
        requests=count,
        errors=f"{count} AND metric.labels.response_code>=500",
        latency=f'{prefix}/response_latencies" AND {_resource(plan)}',
        latency_per_second=1000,
    )


def _resource(plan: AppEnginePlan) -> str:
    """The service, as a filter of logs and metrics."""
    return f'resource.type="gae_app" AND resource.labels.module_id="{plan.physical_name}"'
