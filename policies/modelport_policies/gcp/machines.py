"""Rules about Compute Engine: who reaches a machine, as whom it runs, and what it costs."""

from dataclasses import replace

from modelport_policies.demands import (
    all_of,
    is_left_out,
    is_no,
    is_none_of,
    is_not_false,
    is_not_true,
    is_set,
    is_true,
)
from modelport_policies.gcp.serving import OWN_KEY, is_shared
from modelport_policies.machine_types import has_gpu, is_old
from modelport_policies.rule import (
    ADVICE,
    DEV_ONLY,
    STRICT_IN_PROD,
    Rule,
    Sample,
)
from modelport_policies.secret_words import looks_like_secret
from modelport_policies.values import text

_INSTANCE = "gcp:compute/instance:Instance"
_TEMPLATE = "gcp:compute/instanceTemplate:InstanceTemplate"
_REGION_TEMPLATE = "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate"
_TYPES = (_INSTANCE, _TEMPLATE, _REGION_TEMPLATE)
_ACCOUNT = "cancer@diagnostics.iam.gserviceaccount.com"

NO_PUBLIC_ADDRESS = Rule(
    id="gce-no-public-ip",
    title="A machine has no public address.",
    severity="high",
    types=_TYPES,
    rationale="with one the internet reaches every port that a firewall forgets to close",
    fix="network_interfaces=[{subnetwork: …}] without access_configs, and a balancer before it",
    sources=("CIS GCP 4.9", "CKV_GCP_40", "organisation policy compute.vmExternalIpAccess"),
    passes=Sample(_INSTANCE, {"networkInterfaces": [{"network": "n", "accessConfigs": []}]}),
    fails=Sample(
        _INSTANCE, {"networkInterfaces": [{"accessConfigs": [{"networkTier": "PREMIUM"}]}]}
    ),
    also_fails=tuple(
        Sample(kind, {"networkInterfaces": [{"accessConfigs": [{}]}]}) for kind in _TYPES
    ),
    check=is_left_out("networkInterfaces[].accessConfigs", "so the internet reaches it"),
)

OWN_ACCOUNT = Rule(
    id="gce-not-default-sa",
    title="A machine runs as an account of its own.",
    severity="high",
    types=_TYPES,
    rationale="the account that is shared may change everything in the project",
    fix='service_account={email: account.email, scopes: ["cloud-platform"]}',
    sources=("CIS GCP 4.1 and 4.2", "CKV_GCP_30"),
    passes=Sample(_INSTANCE, {"serviceAccount": {"email": _ACCOUNT}}),
    fails=Sample(_INSTANCE, {"machineType": "e2-small"}),
    also_fails=tuple(
        Sample(kind, {"serviceAccount": {"email": "1-compute@developer.gserviceaccount.com"}})
        for kind in _TYPES
    ),
    check=all_of(
        is_set("serviceAccount.email", "so it runs as the project's shared account"),
        is_no("serviceAccount.email", is_shared, "the project's shared account"),
    ),
)

MEASURED_START = Rule(
    id="gce-shielded",
    title="A machine measures what it starts.",
    severity="medium",
    types=_TYPES,
    rationale="what changed the system before it started is seen by nothing that runs in it",
    fix="shielded_instance_config={enable_vtpm: True, enable_integrity_monitoring: True}",
    sources=("CIS GCP 4.8", "CKV_GCP_39", "organisation policy compute.requireShieldedVm"),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _INSTANCE,
        {"shieldedInstanceConfig": {"enableVtpm": True, "enableIntegrityMonitoring": True}},
    ),
    fails=Sample(
        _INSTANCE,
        {"shieldedInstanceConfig": {"enableVtpm": True, "enableIntegrityMonitoring": False}},
    ),
    check=all_of(
        is_true("shieldedInstanceConfig.enableVtpm", "so its start is not measured"),
        is_true("shieldedInstanceConfig.enableIntegrityMonitoring", "so nobody compares it"),
    ),
)

LOGIN_BY_IAM = Rule(
    id="gce-oslogin",
    title="Who may log in to a machine is said by IAM.",
    severity="medium",
    types=_TYPES,
    rationale="keys in metadata stay when people leave",
    fix='metadata={"enable-oslogin": "true"}',
    sources=("CIS GCP 4.4", "CKV_GCP_34", "organisation policy compute.requireOsLogin"),
    levels=STRICT_IN_PROD,
    passes=Sample(_INSTANCE, {"metadata": {"enable-oslogin": "true"}}),
    fails=Sample(_INSTANCE, {"metadata": {"enable-oslogin": "FALSE"}}),
    check=is_not_false("metadata.enable-oslogin", "so keys in metadata let people in"),
)

NO_PROJECT_KEYS = Rule(
    id="gce-block-project-keys",
    title="A machine takes no SSH keys of the whole project.",
    severity="medium",
    types=_TYPES,
    rationale="one key for all machines is one key to lose",
    fix='metadata={"block-project-ssh-keys": "true"}',
    sources=("CIS GCP 4.3", "CKV_GCP_32"),
    levels=STRICT_IN_PROD,
    passes=Sample(_INSTANCE, {"metadata": {"block-project-ssh-keys": "true"}}),
    fails=Sample(_INSTANCE, {"metadata": {}}),
    check=is_true("metadata.block-project-ssh-keys", "so any key of the project opens it"),
    remedies={"metadata.block-project-ssh-keys": "true"},
)

NO_SERIAL_PORT = Rule(
    id="gce-serial-off",
    title="Nobody logs in through a machine's serial port.",
    severity="medium",
    types=_TYPES,
    rationale="that way in knows no firewall and no list of addresses",
    fix='leave "serial-port-enable" out of metadata',
    sources=("CIS GCP 4.5", "CKV_GCP_35"),
    levels=STRICT_IN_PROD,
    passes=Sample(_INSTANCE, {"metadata": {"serial-port-enable": "false"}}),
    fails=Sample(_INSTANCE, {"metadata": {"serial-port-enable": "TRUE"}}),
    check=is_not_true("metadata.serial-port-enable", "so it opens past every firewall"),
)

NO_FORWARDING = Rule(
    id="gce-no-ip-forward",
    title="A machine forwards nobody's packets.",
    severity="medium",
    types=_TYPES,
    rationale="a machine that forwards can speak in the name of others",
    fix="leave can_ip_forward out",
    sources=("CIS GCP 4.6", "CKV_GCP_36"),
    levels=STRICT_IN_PROD,
    passes=Sample(_INSTANCE, {"canIpForward": False}),
    fails=Sample(_INSTANCE, {"canIpForward": True}),
    check=is_not_true("canIpForward", "so it can speak in the name of others"),
)

NO_SCRIPT_SECRETS = Rule(
    id="gce-no-startup-secrets",
    title="No secret stands in what a machine starts with.",
    severity="critical",
    types=_TYPES,
    rationale="every program on the machine, and whoever may describe it, reads it",
    fix="fetch it at start from Secret Manager, by the machine's account",
    sources=("CKV_AWS_46 (analogue)", "CIS GCP 1.17 (intent)"),
    passes=Sample(_INSTANCE, {"metadataStartupScript": "docker run cancer"}),
    fails=Sample(_INSTANCE, {"metadataStartupScript": "export password=hunter2"}),
    also_fails=(
        Sample(_INSTANCE, {"metadata": {"startup-script": "curl https://me:hunter22@host"}}),
        Sample(_TEMPLATE, {"metadata": {"user-data": "export password=hunter2"}}),
    ),
    check=all_of(
        *(
            is_no(path, looks_like_secret, "what looks like a secret")
            for path in (
                "metadataStartupScript",
                "metadata.startup-script",
                "metadata.user-data",
            )
        )
    ),
)

NO_GPU_IN_DEV = Rule(
    id="cost-gce-no-gpu-dev",
    title="In dev no machine has a GPU.",
    severity="high",
    types=_TYPES,
    rationale="a GPU costs 250 to 60,000 USD a month, and in dev it waits most of the day",
    fix="a machine without one in dev",
    sources=("cleancloud ec2_gpu_idle (analogue)",),
    levels=DEV_ONLY,
    passes=Sample(_INSTANCE, {"machineType": "e2-standard-2"}),
    fails=Sample(_INSTANCE, {"machineType": "g2-standard-4"}),
    also_fails=(
        Sample(
            _INSTANCE,
            {"machineType": "n1-standard-4", "guestAccelerators": [{"type": "t4", "count": 1}]},
        ),
    ),
    check=all_of(
        is_no("machineType", lambda name: has_gpu("gcp", name), "a GPU, paid for day and night"),
        is_left_out("guestAccelerators", "paid for day and night"),
    ),
)

NO_OLD_GENERATION = Rule(
    id="cost-gce-old-generation",
    title="No machine is of a generation that has a cheaper successor.",
    severity="low",
    types=_TYPES,
    rationale="the successor does the same work for less",
    fix="e2-small for f1 and g1",
    sources=("Compute Engine, 'Machine families resource and comparison guide'",),
    levels=ADVICE,
    passes=Sample(_INSTANCE, {"machineType": "e2-small"}),
    fails=Sample(_INSTANCE, {"machineType": "g1-small"}),
    check=is_no("machineType", lambda name: is_old("gcp", name), "an old generation"),
)

SPOT_FOR_BATCH = Rule(
    id="cost-gce-spot-batch",
    title="A machine for batch work is taken from spare capacity.",
    severity="low",
    types=_TYPES,
    rationale="spare machines cost 60 to 90 % less, and batch work can begin again",
    fix='scheduling={provisioning_model: "SPOT", preemptible: True, automatic_restart: False}',
    sources=("Compute Engine, 'Spot VMs'",),
    levels=ADVICE,
    passes=Sample(
        _INSTANCE, {"labels": {"role": "batch"}, "scheduling": {"provisioningModel": "SPOT"}}
    ),
    fails=Sample(
        _INSTANCE, {"labels": {"role": "batch"}, "scheduling": {"provisioningModel": "STANDARD"}}
    ),
    also_passes=(Sample(_INSTANCE, {"scheduling": {"provisioningModel": "STANDARD"}}),),
    check=is_none_of(
        "scheduling.provisioningModel",
        ("STANDARD",),
        "which costs three times as much",
        unless=lambda properties: text(properties, "labels", "role") != "batch",
    ),
)

DISK_ENCRYPTED = Rule(
    id="gce-disk-cmek",
    title="A machine's first disk is encrypted with a key of one's own.",
    severity="medium",
    types=(_INSTANCE,),
    rationale=OWN_KEY,
    fix="boot_disk={…, kms_key_self_link: key.id}",
    sources=("CIS GCP 4.7", "CKV_GCP_38", "organisation policy gcp.restrictNonCmekServices"),
    levels=ADVICE,
    passes=Sample(_INSTANCE, {"bootDisk": {"kmsKeySelfLink": "projects/p/k"}}),
    fails=Sample(_INSTANCE, {"bootDisk": {"autoDelete": True}}),
    check=is_set("bootDisk.kmsKeySelfLink", "so nobody here can withdraw its key"),
)

TEMPLATE_DISK_ENCRYPTED = replace(
    DISK_ENCRYPTED,
    id="gce-template-disk-cmek",
    title="Disks of machines from a template are encrypted with a key of one's own.",
    types=(_TEMPLATE, _REGION_TEMPLATE),
    fix="disks=[{…, disk_encryption_key: {kms_key_self_link: key.id}}]",
    passes=Sample(
        _TEMPLATE, {"disks": [{"diskEncryptionKey": {"kmsKeySelfLink": "projects/p/k"}}]}
    ),
    fails=Sample(_TEMPLATE, {"disks": [{"boot": True}]}),
    also_fails=(Sample(_REGION_TEMPLATE, {"disks": [{"boot": True}]}),),
    check=is_set("disks[].diskEncryptionKey.kmsKeySelfLink", "so nobody here can withdraw its key"),
)

SECURITY = (
    NO_PUBLIC_ADDRESS,
    OWN_ACCOUNT,
    MEASURED_START,
    LOGIN_BY_IAM,
    NO_PROJECT_KEYS,
    NO_SERIAL_PORT,
    NO_FORWARDING,
    NO_SCRIPT_SECRETS,
    DISK_ENCRYPTED,
    TEMPLATE_DISK_ENCRYPTED,
)
COST = (NO_GPU_IN_DEV, NO_OLD_GENERATION, SPOT_FOR_BATCH)
