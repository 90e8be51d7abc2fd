"""A group of machines on Compute Engine without public addresses, in zones of a region."""

import pulumi
import pulumi_gcp as gcp

LABELS = {"owner": "diagnostics", "environment": "prod"}
REGION, PROJECT = "europe-west4", "diagnostics-prod"
KEY = f"projects/{PROJECT}/locations/{REGION}/keyRings/models/cryptoKeys/disks"

network = gcp.compute.Network("models", auto_create_subnetworks=False)
subnetwork = gcp.compute.Subnetwork(
    "models",
    network=network.id,
    region=REGION,
    ip_cidr_range="10.20.0.0/24",
    private_ip_google_access=True,
    log_config={"aggregation_interval": "INTERVAL_10_MIN", "flow_sampling": 0.5},
)
gcp.compute.Firewall(
    "probes",
    network=network.id,
    direction="INGRESS",
    source_ranges=["35.191.0.0/16", "130.211.0.0/22"],
    allows=[{"protocol": "tcp", "ports": ["3000"]}],
    log_config={"metadata": "INCLUDE_ALL_METADATA"},
)
account = gcp.serviceaccount.Account("model", account_id="model", display_name="Runs model")
for role in ("roles/logging.logWriter", "roles/monitoring.metricWriter"):
    gcp.projects.IAMMember(
        role.rpartition(".")[2], project=PROJECT, role=role, member=account.member
    )
template = gcp.compute.RegionInstanceTemplate(
    "model",
    region=REGION,
    machine_type="e2-standard-2",
    disks=[
        {
            "boot": True,
            "auto_delete": True,
            "source_image": "projects/cos-cloud/global/images/family/cos-stable",
            "disk_type": "pd-balanced",
            "disk_size_gb": 20,
            "disk_encryption_key": {"kms_key_self_link": KEY},
        }
    ],
    network_interfaces=[{"subnetwork": subnetwork.id}],
    service_account={"email": account.email, "scopes": ["cloud-platform"]},
    shielded_instance_config={
        "enable_secure_boot": True,
        "enable_vtpm": True,
        "enable_integrity_monitoring": True,
    },
    metadata={
        "enable-oslogin": "TRUE",
        "block-project-ssh-keys": "true",
        "google-logging-enabled": "true",
    },
    labels=LABELS,
)
healthy = gcp.compute.RegionHealthCheck(
    "model", region=REGION, http_health_check={"port": 3000, "request_path": "/readyz"}
)
group = gcp.compute.RegionInstanceGroupManager(
    "model",
    region=REGION,
    base_instance_name="model",
    versions=[{"instance_template": template.self_link}],
    auto_healing_policies={"health_check": healthy.id, "initial_delay_sec": 120},
    named_ports=[{"name": "http", "port": 3000}],
)
gcp.compute.RegionAutoscaler(
    "model",
    region=REGION,
    target=group.id,
    autoscaling_policy={
        "min_replicas": 2,
        "max_replicas": 5,
        "cpu_utilization": {"target": 0.6},
    },
)
pulumi.export("group", group.instance_group)
