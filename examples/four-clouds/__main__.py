"""A little of each cloud, with the ordinary SDKs; nothing in here knows of Modelport."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_azure_native as azure
import pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes

config = pulumi.Config()

# AWS: a function that scores, and a table of what it answered.
scorer_role = aws.iam.Role(
    "scorer",
    assume_role_policy=aws.iam.get_policy_document(
        statements=[
            {
                "actions": ["sts:AssumeRole"],
                "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
            }
        ]
    ).json,
)
answers = aws.dynamodb.Table(
    "answers",
    attributes=[{"name": "id", "type": "S"}],
    hash_key="id",
    billing_mode="PAY_PER_REQUEST",
)
scorer = aws.lambda_.Function(
    "scorer",
    role=scorer_role.arn,
    package_type="Image",
    image_uri="000000000000.dkr.ecr.eu-west-1.amazonaws.com/scorer:1",
    memory_size=512,
    environment={
        "variables": {"ANSWERS": answers.name, "TOKEN": config.require_secret("scoresToken")}
    },
)

# Google Cloud: where models are kept, and who may read them.
models = gcp.storage.Bucket("models", location="EU", uniform_bucket_level_access=True)
reader = gcp.serviceaccount.Account("reader", account_id="model-reader")
gcp.storage.BucketIAMMember(
    "reader",
    bucket=models.name,
    role="roles/storage.objectViewer",
    member=reader.email.apply(lambda email: f"serviceAccount:{email}"),
)

# Azure: a registry for images.
group = azure.resources.ResourceGroup("models")
registry = azure.containerregistry.Registry(
    "models", resource_group_name=group.name, sku={"name": "Standard"}
)

# Kubernetes: the web page in front of it.
labels = {"app": "page"}
page = kubernetes.apps.v1.Deployment(
    "page",
    spec={
        "replicas": 2,
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "containers": [
                    {
                        "name": "page",
                        "image": registry.login_server.apply(lambda server: f"{server}/page:1"),
                        "resources": {"limits": {"memory": "128Mi", "cpu": "250m"}},
                    }
                ]
            },
        },
    },
)
kubernetes.core.v1.ConfigMap(
    "page", data={"scorer.json": scorer.arn.apply(lambda arn: json.dumps({"arn": arn}))}
)

pulumi.export("scorer", scorer.arn)
pulumi.export("models", models.url)
