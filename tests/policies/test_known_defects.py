"""Defects that were found in published deployment tools, and the rules that name them.

Each is written as its program hands it to the engine. The tools: bentoctl's operators for Compute
Engine, Cloud Run, Container Instances, SageMaker, EC2, Heroku and Azure Functions; philschmid's
SageMaker module; AWS's generative AI constructs; Microsoft's guide to autoscaling; KServe.
"""

import json
from typing import Any

import pytest

from modelport_policies import RULES
from modelport_policies.rule import Sample
from rule_variations import judged

EVERYWHERE = ["0.0.0.0/0"]
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
WEB_APP = "azure-native:web:WebApp"
REAL_TIME = (
    Sample(ENDPOINT, {"name": "llm", "endpointConfigName": "llm"}),
    Sample(
        CONFIGURATION,
        {
            "name": "llm",
            "productionVariants": [
                {"modelName": "llm", "instanceType": "ml.g5.xlarge", "initialInstanceCount": 1}
            ],
        },
    ),
)
BACKLOG = {"metricName": "ApproximateBacklogSizePerInstance", "namespace": "AWS/SageMaker"}


def web_app(**settings: str) -> Sample:
    listed = [{"name": name, "value": value} for name, value in settings.items()]
    return Sample(WEB_APP, {"siteConfig": {"appSettings": listed}})


def shrinking(direction: str) -> Sample:
    rule = {
        "metricTrigger": {
            "metricName": "CpuUtilizationPercentage", "operator": "LessThan", "threshold": 30,
        },
        "scaleAction": {"direction": direction, "type": "ChangeCount", "value": "1"},
    }  # fmt: skip
    return Sample(
        "azure-native:monitor:AutoscaleSetting", {"profiles": [{"name": "p", "rules": [rule]}]}
    )


SHOWN: list[Any] = [
    pytest.param(
        "gce-firewall-authorized-ports-only",
        Sample(
            "gcp:compute/firewall:Firewall",
            {
                "name": "bentoml-firewall",
                "allows": [{"protocol": "tcp", "ports": ["3000"]}],
                "sourceRanges": EVERYWHERE,
            },
        ),
        id="Compute Engine: the model's port is open to the world",
    ),
    pytest.param(
        "gce-not-default-sa",
        Sample("gcp:compute/instance:Instance", {"serviceAccount": {"scopes": ["cloud-platform"]}}),
        id="Compute Engine: the default account with every scope",
    ),
    pytest.param(
        "gce-no-public-ip",
        Sample(
            "gcp:compute/instance:Instance",
            {"networkInterfaces": [{"network": "default", "accessConfigs": [{}]}]},
        ),
        id="Compute Engine: an address of the internet",
    ),
    pytest.param(
        "cost-cloudrun-request-billing",
        Sample(
            "gcp:cloudrunv2/service:Service",
            {"template": {"containers": [{"resources": {"cpuIdle": False}}]}},
        ),
        id="Cloud Run: the throttling of processors is inverted",
    ),
    pytest.param(
        "cloudrun-no-public-invoker",
        Sample(
            "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
            {"role": "roles/run.invoker", "member": "allUsers"},
        ),
        id="Cloud Run: everybody may call",
    ),
    *(
        pytest.param(rule, Sample(kind, properties), id=f"SageMaker: a role may do all ({rule})")
        for rule, kind, properties in (
            (
                "iam-no-managed-fullaccess",
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
                {"role": "sagemaker", "policyArn": FULL_ACCESS},
            ),
            (
                "iam-role-no-fullaccess",
                "aws:iam/role:Role",
                {"name": "lambda", "managedPolicyArns": [FULL_ACCESS]},
            ),
        )
    ),
    pytest.param(
        "apigwv2-route-auth",
        Sample(
            "aws:apigatewayv2/route:Route", {"routeKey": "$default", "authorizationType": "NONE"}
        ),
        id="SageMaker: a public HTTP API that asks nobody",
    ),
    pytest.param(
        "cost-sagemaker-autoscaling",
        Sample(ENDPOINT, REAL_TIME[0].properties, beside=REAL_TIME[1:]),
        id="SageMaker: nothing counts the machines",
    ),
    pytest.param(
        "docker-restart-policy",
        Sample("docker:index/container:Container", {"image": "model", "name": "model"}),
        id="EC2: docker run without a restart policy",
    ),
    pytest.param(
        "ec2-no-public-ip",
        Sample("aws:ec2/instance:Instance", {"associatePublicIpAddress": True}),
        id="EC2: the internet reaches the machine itself",
    ),
    pytest.param(
        "webapp-runtime-supported",
        web_app(FUNCTIONS_EXTENSION_VERSION="~3"),
        id="Azure Functions: version 3 of the runtime",
    ),
    pytest.param(
        "webapp-runtime-supported",
        Sample(WEB_APP, {"siteConfig": {"linuxFxVersion": "Python|3.8"}}),
        id="Azure Functions: Python 3.8",
    ),
    pytest.param(
        "azfunction-no-anonymous",
        Sample(
            "azure-native:web:WebAppFunction",
            {"config": {"bindings": [{"type": "httpTrigger", "authLevel": "Anonymous"}]}},
        ),
        id="Azure Functions: authLevel Anonymous",
    ),
    pytest.param(
        "webapp-cors",
        Sample(WEB_APP, {"siteConfig": {"cors": {"allowedOrigins": ["*"]}}}),
        id="Azure Functions: every page may call",
    ),
    pytest.param(
        "environment-no-plain-secrets",
        web_app(DOCKER_REGISTRY_SERVER_PASSWORD="k7Vq+W3nZxT0bQ9yRcR4uX7aLh2sE8dG"),
        id="Azure Functions: the registry's password in an app setting",
    ),
    pytest.param(
        "acr-no-admin",
        Sample("azure-native:containerregistry:Registry", {"adminUserEnabled": True}),
        id="Azure Functions: the registry has an administrator",
    ),
    pytest.param(
        "environment-no-plain-secrets",
        Sample(
            "aws:sagemaker/model:Model",
            {"primaryContainer": {"environment": {"HF_API_TOKEN": "hf_" + "aB3dE5gH7j" * 3}}},
        ),
        id="philschmid: the Hugging Face token is a plain variable",
    ),
    pytest.param(
        "sagemaker-model-vpc",
        Sample("aws:sagemaker/model:Model", {"primaryContainer": {"image": "a"}}),
        id="philschmid: the model is in no network",
    ),
    pytest.param(
        "sagemaker-endpointconfig-kms",
        Sample(CONFIGURATION, {"productionVariants": [{"instanceType": "ml.m5.xlarge"}]}),
        id="philschmid: disks without a key",
    ),
    pytest.param(
        "sagemaker-endpoint-auto-rollback", REAL_TIME[0], id="philschmid: nothing goes back"
    ),
    pytest.param(
        "sagemaker-async-metric",
        Sample(ALARM, {**BACKLOG, "dimensions": {"EndpointName": "llm"}}, beside=REAL_TIME),
        id="generative AI constructs: a queue's metric on an endpoint without one",
    ),
    pytest.param(
        "sagemaker-async-metric",
        Sample(ALARM, {**BACKLOG, "dimensions": {"Endpoint": "llm"}}, beside=REAL_TIME),
        id="generative AI constructs: a dimension that does not exist",
    ),
    pytest.param(
        "azure-autoscale-direction",
        shrinking("Increase"),
        id="Microsoft's guide: what should shrink grows",
    ),
    pytest.param(
        "kserve-canary-needs-knative",
        Sample(
            "kubernetes:serving.kserve.io/v1beta1:InferenceService",
            {
                "metadata": {"annotations": {"serving.kserve.io/deploymentMode": "RawDeployment"}},
                "spec": {"predictor": {"canaryTrafficPercent": 10}},
            },
        ),
        id="KServe: canaryTrafficPercent in RawDeployment",
    ),
]
HIDDEN = {
    "Compute Engine: the template's terraform block is never closed": "it is no plan yet",
    "Compute Engine: the second deployment has the firewall's name of the first": "another stack",
    "Compute Engine: COS 77": "which images still get updates is in no property",
    "Container Instances: BENTOMLPORT for BENTOML_PORT": "names that a program reads are its own",
    "Container Instances: a $ is missing in the address": "an output's text is not judged",
    "SageMaker: the variable timeout is never used": "what is not used reaches no resource",
    "SageMaker: the error path reads e.response of any Exception": "code inside the function",
    "EC2: environment_variables are not handed on": "what is left out reaches no resource",
    "EC2: port 80 is open to the world": "a balancer's group that leads to HTTPS looks the same",
    "EC2: docker run in a start script has no restart policy": "a script is not read for that",
    "EC2: healthy means that curl answered once": "code outside the stack",
    "Heroku: dyno free, and a provider pinned to 0.33.2": "no rule for that provider's resources",
    "philschmid: an endpoint configuration whose name stays": "whether a name follows the content "
    "is decided by the program, and one plan shows one name",
}
"""What no plan shows, and why."""


@pytest.mark.parametrize(("rule", "defect"), SHOWN)
def test_a_rule_names_the_defect(rule: str, defect: Sample) -> None:
    found = {each.id: each for each in RULES}[rule]
    said = judged(found, defect)
    assert said, json.dumps(dict(defect.properties))
    assert found.levels.prod == "mandatory" or found.id in ADVISED


ADVISED = ("cost-cloudrun-request-billing",)
"""Said and not stopped: a service that works between requests needs its processor then."""


@pytest.mark.parametrize("defect", [pytest.param(why, id=what) for what, why in HIDDEN.items()])
def test_what_no_plan_shows_has_its_reason(defect: str) -> None:
    assert defect


def test_what_shrinks_rightly_is_let_pass() -> None:
    rule = next(each for each in RULES if each.id == "azure-autoscale-direction")
    assert judged(rule, shrinking("Decrease")) == []
