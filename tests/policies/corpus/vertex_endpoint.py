"""A private endpoint of Vertex AI with a key of its own, and the bucket of its models."""

import pulumi
import pulumi_gcp as gcp

LABELS = {"owner": "diagnostics", "environment": "prod"}
REGION, PROJECT = "europe-west4", "diagnostics-prod"
USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

ring = gcp.kms.KeyRing("models", location=REGION)
key = gcp.kms.CryptoKey("models", key_ring=ring.id, rotation_period="7776000s", labels=LABELS)
agent = gcp.projects.ServiceIdentity("vertex", service="aiplatform.googleapis.com")
vertex_may = gcp.kms.CryptoKeyIAMMember(
    "vertex", crypto_key_id=key.id, role=USE, member=agent.member
)
storage_may = gcp.kms.CryptoKeyIAMMember(
    "storage",
    crypto_key_id=key.id,
    role=USE,
    member="serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com",
)
models = gcp.storage.Bucket(
    "models",
    location=REGION,
    uniform_bucket_level_access=True,
    public_access_prevention="enforced",
    encryption={"default_kms_key_name": key.id},
    versioning={"enabled": True},
    lifecycle_rules=[{"action": {"type": "Delete"}, "condition": {"num_newer_versions": 5}}],
    labels=LABELS,
    opts=pulumi.ResourceOptions(depends_on=[storage_may]),
)
account = gcp.serviceaccount.Account("model", account_id="model", display_name="Runs model")
gcp.storage.BucketIAMMember(
    "model", bucket=models.name, role="roles/storage.objectViewer", member=account.member
)
gcp.vertex.AiEndpoint(
    "model",
    name="123456789",
    display_name="model",
    location=REGION,
    region=REGION,
    private_service_connect_config={
        "enable_private_service_connect": True,
        "project_allowlists": [PROJECT],
    },
    encryption_spec={"kms_key_name": key.id},
    predict_request_response_logging_config={
        "enabled": True,
        "sampling_rate": 0.1,
        "bigquery_destination": {"output_uri": f"bq://{PROJECT}.predictions.model"},
    },
    labels=LABELS,
    opts=pulumi.ResourceOptions(depends_on=[vertex_may]),
)
