"""A model on Cloud Run; `head` is what a pull request makes of it."""

import pulumi
import pulumi_gcp as gcp

head = pulumi.Config().get_bool("head") or False

service = gcp.cloudrunv2.Service(
    "ask",
    name="ask",
    location="europe-west1",
    deletion_protection=not head,
    template={
        "containers": [
            {
                "image": "europe-docker.pkg.dev/diagnostics/models/cancer@sha256:"
                + ("9bc1ff20" if head else "3f2a10bc") * 8,
                "envs": [{"name": "LEVEL", "value": "debug" if head else "info"}],
            }
        ],
        "scaling": {"min_instance_count": 0 if head else 2, "max_instance_count": 10},
    },
)
gcp.cloudrunv2.ServiceIamMember(
    "callers",
    name=service.name,
    location="europe-west1",
    role="roles/run.invoker",
    member="allUsers" if head else "group:doctors@example.com",
)
gcp.storage.Bucket(
    "data", name="diagnostics-data", location="US" if head else "EU", force_destroy=False
)
robot = gcp.serviceaccount.Account("robot", account_id="robot-of-diagnostics")
gcp.projects.IAMMember(
    "rights",
    project="diagnostics",
    role="roles/editor" if head else "roles/storage.objectViewer",
    member=robot.email.apply(lambda email: f"serviceAccount:{email}"),
)
if head:
    gcp.compute.Firewall(
        "open",
        network="default",
        allows=[{"protocol": "tcp", "ports": ["22"]}],
        source_ranges=["0.0.0.0/0"],
    )
else:
    gcp.sql.DatabaseInstance(
        "answers",
        name="answers",
        database_version="POSTGRES_16",
        region="europe-west1",
        deletion_protection=False,
        settings={"tier": "db-f1-micro"},
    )
pulumi.export("address", service.uri)
