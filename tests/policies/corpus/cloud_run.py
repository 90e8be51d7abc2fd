"""A Cloud Run service that one account may call, from inside, with a key of its own."""

import pulumi
import pulumi_gcp as gcp

LABELS = {"owner": "diagnostics", "environment": "prod"}
REGION, PROJECT = "europe-west4", "diagnostics-prod"

ring = gcp.kms.KeyRing("models", location=REGION)
key = gcp.kms.CryptoKey("models", key_ring=ring.id, rotation_period="7776000s", labels=LABELS)
agent = gcp.projects.ServiceIdentity("run", service="run.googleapis.com")
may_encrypt = gcp.kms.CryptoKeyIAMMember(
    "run",
    crypto_key_id=key.id,
    role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
    member=agent.member,
)
account = gcp.serviceaccount.Account("model", account_id="model", display_name="Runs model")
password = gcp.secretmanager.Secret(
    "api-key", secret_id="api-key", replication={"auto": {}}, labels=LABELS
)
may_read = gcp.secretmanager.SecretIamMember(
    "api-key",
    secret_id=password.id,
    role="roles/secretmanager.secretAccessor",
    member=account.member,
)
service = gcp.cloudrunv2.Service(
    "model",
    location=REGION,
    ingress="INGRESS_TRAFFIC_INTERNAL_ONLY",
    invoker_iam_disabled=False,
    binary_authorization={"use_default": True},
    labels=LABELS,
    template={
        "service_account": account.email,
        "encryption_key": key.id,
        "execution_environment": "EXECUTION_ENVIRONMENT_GEN2",
        "max_instance_request_concurrency": 16,
        "timeout": "30s",
        "scaling": {"min_instance_count": 0, "max_instance_count": 5},
        "vpc_access": {
            "egress": "ALL_TRAFFIC",
            "network_interfaces": [{"network": "models", "subnetwork": "models"}],
        },
        "containers": [
            {
                "image": f"{REGION}-docker.pkg.dev/{PROJECT}/models/model@sha256:" + "5f" * 32,
                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "cpu_idle": True},
                "envs": [
                    {"name": "WORKERS", "value": "2"},
                    {
                        "name": "API_KEY",
                        "value_source": {
                            "secret_key_ref": {"secret": password.secret_id, "version": "1"}
                        },
                    },
                ],
                "startup_probe": {"http_get": {"path": "/readyz"}},
                "liveness_probe": {"http_get": {"path": "/livez"}},
            }
        ],
    },
    opts=pulumi.ResourceOptions(depends_on=[may_encrypt, may_read]),
)
gcp.cloudrunv2.ServiceIamMember(
    "web",
    name=service.name,
    location=REGION,
    role="roles/run.invoker",
    member=f"serviceAccount:web@{PROJECT}.iam.gserviceaccount.com",
)
