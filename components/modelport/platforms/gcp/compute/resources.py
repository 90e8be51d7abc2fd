"""The resources of kind `gcp.compute`: template, group, autoscaler and load balancer."""

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.cloud_init import cloud_init
from modelport.platforms.container import ALIVE, PORT, READY, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.gcp.alarms import Metrics, watch
from modelport.platforms.gcp.compute.plan import ComputePlan
from modelport.platforms.gcp.identity import WRITE_LOGS, WRITE_METRICS, may_pull, service_account
from modelport.platforms.gcp.image import model_image
from modelport.platforms.gcp.logs import keep_logs
from modelport.platforms.gcp.network import HEALTH_CHECKERS, ServingNetwork, serving_network
from modelport.platforms.gcp.project import Project, project
from modelport.platforms.proving import prove

_TAG = "modelport-model"
_START_SECONDS = 300
"""Time in which a machine must have pulled the image and be ready."""
_MACHINE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
"""The account's roles decide what it may do, not the scope:
https://cloud.google.com/compute/docs/access/service-accounts#scopes_best_practice."""


def build(plan: ComputePlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; each revision has a template, and the group replaces its machines."""
    where = project(plan, parent)
    names: dict[str, pulumi.Input[str]] = {
        "project": plan.project,
        "region": plan.region,
        "group": plan.physical_name,
        "exposure": plan.exposure,
    }
    key = caller_key(plan, where.opts)
    images = model_image(plan, where)
    account = service_account(plan, where, WRITE_LOGS, WRITE_METRICS)
    pull = may_pull(plan, where, images, account)
    network = serving_network(plan, where, plan.network, plan.subnetwork)
    firewall = _firewall(plan, where, network)
    variables = container_variables(plan, key)
    user_data = pulumi.Output.all(images.reference, variables).apply(
        lambda found: _user_data(plan, found[0], found[1])
    )
    template = _template(plan, where, network, account, user_data)
    health = _health(plan, where, "alive", ALIVE, period=10, failures=6)
    group = _group(plan, where, template, health, [pull, firewall])
    scaling = _autoscaler(plan, where, group)
    url = _balancer(plan, where, network, group)
    watch(plan, where, _metrics(plan))
    log = keep_logs(
        plan, where, f'resource.type="gce_instance" AND labels.deployment="{plan.physical_name}"'
    )
    return prove(
        plan,
        names={**names, "url": url},
        url=url,
        log=log,
        key=key.value,
        replicas_min=plan.replicas_min,
        opts=where.after(group, *scaling),
    )


def _user_data(plan: ComputePlan, image: str, variables: dict[str, str]) -> str:
    host = image.partition("/")[0]
    return cloud_init(
        image=image,
        sign_in=[f"docker-credential-gcr configure-docker --registries={host}"],
        variables=variables,
        gpu=bool(plan.accelerator),
        log_driver=[
            "--log-driver", "gcplogs",
            "--log-opt", "labels=deployment",
            "--label", f"deployment={plan.physical_name}",
        ],
    )  # fmt: skip


def _template(
    plan: ComputePlan,
    where: Project,
    network: ServingNetwork,
    account: gcp.serviceaccount.Account,
    user_data: pulumi.Output[str],
) -> gcp.compute.RegionInstanceTemplate:
    key = None
    if plan.encryption_key:
        key = gcp.compute.RegionInstanceTemplateDiskDiskEncryptionKeyArgs(
            kms_key_self_link=plan.encryption_key
        )
    gpu = gcp.compute.RegionInstanceTemplateGuestAcceleratorArgs
    beside = bool(plan.accelerator) and not plan.built_in
    return gcp.compute.RegionInstanceTemplate(
        f"{plan.name}-{plan.revision}-template",
        name=f"{plan.physical_name}-{plan.revision}",
        region=plan.region,
        machine_type=plan.machine,
        disks=[
            gcp.compute.RegionInstanceTemplateDiskArgs(
                boot=True,
                auto_delete=True,
                source_image=plan.os_image,
                disk_size_gb=plan.disk_gib,
                disk_type="pd-balanced",
                disk_encryption_key=key,
            )
        ],
        guest_accelerators=[gpu(type=plan.accelerator, count=plan.accelerator_count)]
        if beside
        else [],
        # No access configuration: a machine has no public address.
        network_interfaces=[
            gcp.compute.RegionInstanceTemplateNetworkInterfaceArgs(subnetwork=network.subnetwork)
        ],
        scheduling=gcp.compute.RegionInstanceTemplateSchedulingArgs(
            provisioning_model="SPOT" if plan.spot else "STANDARD",
            preemptible=plan.spot,
            automatic_restart=not plan.spot,
            on_host_maintenance="TERMINATE" if plan.spot or plan.accelerator else "MIGRATE",
            instance_termination_action="DELETE" if plan.spot else None,
        ),
        shielded_instance_config=gcp.compute.RegionInstanceTemplateShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_vtpm=True, enable_integrity_monitoring=True
        ),
        service_account=gcp.compute.RegionInstanceTemplateServiceAccountArgs(
            email=account.email, scopes=[_MACHINE_SCOPE]
        ),
        metadata={
            "user-data": user_data,
            "block-project-ssh-keys": "true",
            "enable-oslogin": "true",
            "google-logging-enabled": "true",
            "cos-gpu-driver": "true" if plan.accelerator else "false",
        },
        tags=[_TAG],
        labels={**plan.tags, "model-version": plan.version, "revision": plan.revision},
        opts=where.opts,
    )


def _group(
    plan: ComputePlan,
    where: Project,
    template: gcp.compute.RegionInstanceTemplate,
    health: gcp.compute.RegionHealthCheck,
    after: list[pulumi.Resource],
) -> gcp.compute.RegionInstanceGroupManager:
    opts = where.after(*after)
    if plan.replicas_min != plan.replicas_max:
        # The autoscaler counts.
        opts = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["targetSize"])
        )
    return gcp.compute.RegionInstanceGroupManager(
        f"{plan.name}-group",
        name=plan.physical_name,
        region=plan.region,
        base_instance_name=plan.physical_name,
        target_size=plan.replicas_min,
        versions=[
            gcp.compute.RegionInstanceGroupManagerVersionArgs(
                name=plan.revision, instance_template=template.self_link
            )
        ],
        named_ports=[gcp.compute.RegionInstanceGroupManagerNamedPortArgs(name="http", port=PORT)],
        auto_healing_policies=gcp.compute.RegionInstanceGroupManagerAutoHealingPoliciesArgs(
            health_check=health.id, initial_delay_sec=_START_SECONDS
        ),
        update_policy=gcp.compute.RegionInstanceGroupManagerUpdatePolicyArgs(
            type="PROACTIVE",
            minimal_action="REPLACE",
            replacement_method="SUBSTITUTE",
            instance_redistribution_type="PROACTIVE",
            max_surge_fixed=plan.surge,
            max_unavailable_fixed=plan.unavailable,
        ),
        wait_for_instances=True,
        wait_for_instances_status="UPDATED",
        opts=opts,
    )


def _autoscaler(
    plan: ComputePlan, where: Project, group: gcp.compute.RegionInstanceGroupManager
) -> list[pulumi.Resource]:
    if plan.replicas_min == plan.replicas_max:
        return []
    policy = gcp.compute.RegionAutoscalerAutoscalingPolicyArgs(
        min_replicas=plan.replicas_min,
        max_replicas=plan.replicas_max,
        cooldown_period=_START_SECONDS,
        load_balancing_utilization=gcp.compute.RegionAutoscalerAutoscalingPolicyLoadBalancingUtilizationArgs(
            target=0.8
        ),
    )
    return [
        gcp.compute.RegionAutoscaler(
            f"{plan.name}-scale",
            name=plan.physical_name,
            region=plan.region,
            target=group.id,
            autoscaling_policy=policy,
            opts=where.opts,
        )
    ]


def _health(
    plan: ComputePlan, where: Project, name: str, path: str, *, period: int, failures: int
) -> gcp.compute.RegionHealthCheck:
    return gcp.compute.RegionHealthCheck(
        f"{plan.name}-{name}",
        name=f"{plan.physical_name}-{name}",
        region=plan.region,
        check_interval_sec=period,
        timeout_sec=5,
        healthy_threshold=1,
        unhealthy_threshold=failures,
        http_health_check=gcp.compute.RegionHealthCheckHttpHealthCheckArgs(
            port=PORT, request_path=path
        ),
        opts=where.opts,
    )


def _firewall(plan: ComputePlan, where: Project, network: ServingNetwork) -> gcp.compute.Firewall:
    """Only Google's checks and the load balancer's proxies reach a machine, and no shell."""
    return gcp.compute.Firewall(
        f"{plan.name}-firewall",
        name=plan.physical_name,
        network=network.network,
        direction="INGRESS",
        source_ranges=[*HEALTH_CHECKERS, network.proxies],
        target_tags=[_TAG],
        allows=[gcp.compute.FirewallAllowArgs(protocol="tcp", ports=[str(PORT)])],
        opts=where.opts,
    )


def _balancer(
    plan: ComputePlan,
    where: Project,
    network: ServingNetwork,
    group: gcp.compute.RegionInstanceGroupManager,
) -> pulumi.Output[str]:
    """A regional load balancer, inside the network unless the internet is asked for."""
    scheme = "EXTERNAL_MANAGED" if plan.exposure == "public" else "INTERNAL_MANAGED"
    ready = _health(plan, where, "ready", READY, period=5, failures=2)
    backend = gcp.compute.RegionBackendService(
        f"{plan.name}-backend",
        name=plan.physical_name,
        region=plan.region,
        protocol="HTTP",
        port_name="http",
        load_balancing_scheme=scheme,
        health_checks=ready.id,
        timeout_sec=60,
        connection_draining_timeout_sec=60,
        locality_lb_policy="LEAST_REQUEST",
        log_config=gcp.compute.RegionBackendServiceLogConfigArgs(enable=True, sample_rate=1),
        backends=[
            gcp.compute.RegionBackendServiceBackendArgs(
                group=group.instance_group,
                balancing_mode="RATE",
                max_rate_per_instance=plan.requests_per_second,
                capacity_scaler=1,
            )
        ],
        opts=where.opts,
    )
    routes = gcp.compute.RegionUrlMap(
        f"{plan.name}-routes",
        name=plan.physical_name,
        region=plan.region,
        default_service=backend.id,
        opts=where.opts,
    )
    target, port = _proxy(plan, where, routes)
    rule = gcp.compute.ForwardingRule(
        f"{plan.name}-address",
        name=plan.physical_name,
        region=plan.region,
        load_balancing_scheme=scheme,
        ip_protocol="TCP",
        port_range=str(port),
        target=target,
        network=network.network,
        subnetwork=None if plan.exposure == "public" else network.subnetwork,
        network_tier="STANDARD" if plan.exposure == "public" else None,
        labels=plan.tags,
        opts=where.opts,
    )
    protocol = "https" if plan.certificate else "http"
    if plan.domain:
        return pulumi.Output.from_input(f"{protocol}://{plan.domain}")
    return rule.ip_address.apply(lambda address: f"{protocol}://{address}")


def _proxy(
    plan: ComputePlan, where: Project, routes: gcp.compute.RegionUrlMap
) -> tuple[pulumi.Output[str], int]:
    """TLS with the given certificate; without one the address is inside the network only."""
    if plan.certificate:
        https = gcp.compute.RegionTargetHttpsProxy(
            f"{plan.name}-proxy",
            name=plan.physical_name,
            region=plan.region,
            url_map=routes.id,
            ssl_certificates=[plan.certificate],
            opts=where.opts,
        )
        return https.id, 443
    http = gcp.compute.RegionTargetHttpProxy(
        f"{plan.name}-proxy",
        name=plan.physical_name,
        region=plan.region,
        url_map=routes.id,
        opts=where.opts,
    )
    return http.id, 80


def _metrics(plan: ComputePlan) -> Metrics:
    """https://cloud.google.com/monitoring/api/metrics_gcp_i_o#gcp-loadbalancing."""
    side = "external" if plan.exposure == "public" else "internal"
    rule = "http_external_regional_lb_rule" if side == "external" else "internal_http_lb_rule"
    backend = f'resource.labels.backend_target_name="{plan.physical_name}"'
    of = f'resource.type="{rule}" AND {backend}'
    prefix = f"loadbalancing.googleapis.com/https/{side}" + (
        "/regional" if side == "external" else ""
    )
    count = f'metric.type="{prefix}/request_count" AND {of}'
    return Metrics(
        requests=count,
        errors=f'{count} AND metric.labels.response_code_class="500"',
        latency=f'metric.type="{prefix}/backend_latencies" AND {of}',
        latency_per_second=1000,
    )
