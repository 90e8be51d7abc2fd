"""Lists and stacks in which one entry decides: settings, ports, versions, and what scales what."""

from typing import Any

import pytest

from modelport_policies import RULES
from modelport_policies.rule import Rule, Sample
from rule_variations import SECRET, judged
from rule_variations import UNKNOWN as LATER

BEANSTALK = "aws:elasticbeanstalk/environment:Environment"
VARIABLES = "aws:elasticbeanstalk:application:environment"
LOGS = ("aws:elasticbeanstalk:cloudwatch:logs", "StreamLogs")
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
WEB_APP = "azure-native:web:WebApp"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
TARGET = "aws:appautoscaling/target:Target"
COUNT = "sagemaker:variant:DesiredInstanceCount"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
INFERENCE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"
NAMESPACE = "kubernetes:core/v1:Namespace"
SERVICE = "kubernetes:core/v1:Service"
ADDRESS, NAT = "aws:ec2/eip:Eip", "aws:ec2/natGateway:NatGateway"


def settings(*listed: Any) -> Sample:
    """An environment; a tuple is a setting's namespace, name and value."""
    keys = ("namespace", "name", "value")
    found = [
        dict(zip(keys, item, strict=False)) if isinstance(item, tuple) else item for item in listed
    ]
    return Sample(BEANSTALK, {"settings": found})


def ports(**properties: Any) -> list[Sample]:
    """Rules that let every address of the internet in, old and new."""
    return [
        Sample(INGRESS, {"ipProtocol": "tcp", **properties, key: everywhere})
        for key, everywhere in (("cidrIpv4", "0.0.0.0/0"), ("cidrIpv6", "::/0"))
    ]


def group(**properties: Any) -> Sample:
    return Sample(GROUP, {"ingress": [{**properties, "cidrBlocks": ["0.0.0.0/0"]}]})


def held(address: str, gateway: str) -> Sample:
    return Sample(ADDRESS, {"id": address}, beside=(Sample(NAT, {"allocationId": gateway}),))


def app(version: str) -> Sample:
    return Sample(WEB_APP, {"siteConfig": {"linuxFxVersion": version}})


def runtime(*settings: Any) -> Sample:
    return Sample(WEB_APP, {"siteConfig": {"appSettings": list(settings)}})


def extension(version: str, name: str = "FUNCTIONS_EXTENSION_VERSION") -> dict[str, str]:
    return {"name": name, "value": version}


def endpoint(name: str, **more: Any) -> Sample:
    return Sample(ENDPOINT, {"name": name, "endpointConfigName": f"{name}-config", **more})


def configuration(name: str, *variants: Any, **more: Any) -> Sample:
    found = list(variants) or [{"instanceType": "ml.m5.large", "initialInstanceCount": 1}]
    return Sample(CONFIGURATION, {"name": f"{name}-config", "productionVariants": found, **more})


def target(resource: str, least: Any = 1, counts: str = COUNT) -> Sample:
    return Sample(
        TARGET, {"resourceId": resource, "minCapacity": least, "scalableDimension": counts}
    )


def queue(metric: str, namespace: str = "AWS/SageMaker", **dimensions: str) -> Sample:
    found = {"metricName": metric, "namespace": namespace, "dimensions": dimensions}
    return Sample(ALARM, found)


def stack(first: Sample, *others: Sample) -> Sample:
    return Sample(first.type, first.properties, beside=others)


def function(**configuration: Any) -> Sample:
    return Sample("gcp:cloudfunctionsv2/function:Function", {"serviceConfig": configuration})


def firewall(*allowed: tuple[str, Any]) -> Sample:
    allows = [{"protocol": protocol, "ports": listed} for protocol, listed in allowed]
    return Sample(
        "gcp:compute/firewall:Firewall", {"sourceRanges": ["0.0.0.0/0"], "allows": allows}
    )


def pod(**properties: Any) -> Sample:
    return Sample("kubernetes:core/v1:Pod", {"spec": properties})


def inference(mode: str, **predictor: Any) -> Sample:
    metadata = {"annotations": {"serving.kserve.io/deploymentMode": mode}}
    return Sample(INFERENCE, {"metadata": metadata, "spec": {"predictor": predictor}})


def balancer(namespace: Any, kind: str = "LoadBalancer") -> Sample:
    return Sample(SERVICE, {"metadata": {"namespace": namespace}, "spec": {"type": kind}})


UNCONFINED = {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}
CONFINED = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", LATER)
VOLUMES = (
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
    "projected", "secret",
)  # fmt: skip
TAGGED = [
    *((kind, "labels") for kind in ("gcp:cloudfunctionsv2/function:Function",
                                    "gcp:cloudrunv2/service:Service",
                                    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
                                    "gcp:vertex/aiEndpoint:AiEndpoint")),
    *((kind, "tags") for kind in (WEB_APP, CONFIGURATION, BEANSTALK,
                                  "azure-native:app:ContainerApp",
                                  "azure-native:compute:VirtualMachineScaleSet",
                                  "azure-native:machinelearningservices:OnlineEndpoint",
                                  "aws:lambda/function:Function", "aws:ecs/service:Service")),
]  # fmt: skip
QUEUED = {"asyncInferenceConfig": {"outputConfig": {"s3OutputPath": "s3://a"}}}
REAL_TIME = (endpoint("a"), configuration("a"))
NEVER = "which an endpoint that answers at once never has"
AWAKE = "machines awake by the minCapacity of its Target"
NO_TARGET = "has no appautoscaling Target"
OLD_RUNTIME = "has an old FUNCTIONS_EXTENSION_VERSION in siteConfig.appSettings"
HOLDS = "holds what looks like a secret in settings"
OFF = "does not set aws:elasticbeanstalk:cloudwatch:logs StreamLogs to 'true'"
TO_ALL = "to the internet in"
CASES: dict[str, list[tuple[Sample, str]]] = {
    "beanstalk-stream-logs": [
        (settings((*LOGS, "false")), OFF),
        (settings((*LOGS, LATER)), ""),
        (settings((LATER, "StreamLogs", "false")), ""),
        (settings((LOGS[0], LATER, "false")), ""),
        (settings((LOGS[0], "Other", "x")), OFF),
        (settings(("other", "StreamLogs", "true")), OFF),
        (settings("x"), ""),
        (settings("x", (*LOGS, "false")), OFF),
        (settings((LATER, "a", "b"), (*LOGS, "false")), OFF),
        (settings((LATER, "a", "b"), (*LOGS, "true")), ""),
    ],
    "beanstalk-no-env-secrets": [
        (settings((VARIABLES, "API_KEY", "hunter2")), f"{HOLDS}[0] 'API_KEY'"),
        (settings((VARIABLES, "A"), (VARIABLES, "API_KEY", "hunter2")), f"{HOLDS}[1] 'API_KEY'"),
        (settings("x", (VARIABLES, "API_KEY", "hunter2")), f"{HOLDS}[1] 'API_KEY'"),
        (settings((VARIABLES, "A", SECRET)), f"{HOLDS}[0]\n"),
        (settings((VARIABLES, "API KEY", "hunter2")), f"{HOLDS}[0]\n"),
        (settings((VARIABLES, f"TOKEN-{SECRET}", SECRET)), f"{HOLDS}[0]\n"),
        (settings((VARIABLES, LATER, SECRET)), f"{HOLDS}[0]\n"),
        (settings((VARIABLES, LATER, "hunter2")), ""),
    ],
    "ec2-sg-no-open-admin-ports": [
        *((item, "22 (SSH), 2375 (Docker)") for item in ports(ipProtocol="-1")),
        *((item, "9090") for item in ports(ipProtocol="-1", fromPort=443, toPort=443)),
        *((item, "") for item in ports(fromPort=443, toPort=443)),
    ],
    "ec2-sg-authorized-ports-only": [
        *((item, "") for item in ports(fromPort=LATER, toPort=3000)),
        *((item, "") for item in ports(fromPort=3000, toPort=LATER)),
        *((item, f"ports 0 to 0 {TO_ALL}") for item in ports(toPort=0)),
        *((item, f"ports 65535 to 65535 {TO_ALL}") for item in ports(fromPort=65535)),
        *((item, "") for item in ports(fromPort=65536)),
        *((item, "") for item in ports(fromPort=443, toPort=443)),
        (group(fromPort=3000, toPort=3000), f"{TO_ALL} ingress[0].cidrBlocks[0]"),
    ],
    "webapp-runtime-supported": [
        *((runtime(extension(version)), f"{OLD_RUNTIME}[0]") for version in ("~1", "~2", "~3")),
        (runtime("x", extension("~3")), f"{OLD_RUNTIME}[1]"),
        (runtime(extension("x", "OTHER"), extension("~3")), f"{OLD_RUNTIME}[1]"),
        (runtime(extension("~3", "OTHER"), extension("~4")), ""),
        *(
            (app(version), "has in siteConfig.linuxFxVersion a ")
            for version in ("PYTHON|3.9", "Python|2.7", "PYTHON|3.9.x", "NODE|18", "node|16.1")
        ),
        *(
            (app(version), "")
            for version in (
                "PYTHON|3.10",
                "NODE|20",
                "NODE|22-lts",
                "PYTHON|x",
                "PYTHON|",
                "DOCKER|a:3.8",
                "PYTHON|00003.8",
                "PYTHON|\uff13.\uff18",
                "JAVA|8",
            )
        ),
    ],
    "sagemaker-async-metric": [
        *(
            (stack(queue(metric, EndpointName="a"), *REAL_TIME), f"watches {metric}, {NEVER}")
            for metric in (
                "ApproximateBacklogSize",
                "ApproximateBacklogSizePerInstance",
                "HasBacklogWithoutCapacity",
            )
        ),
        (stack(queue("ApproximateBacklogSize", EndpointName="b"), *REAL_TIME), ""),
        (stack(queue("ApproximateBacklogSize", EndpointName="a"), endpoint("a")), ""),
        (
            stack(
                queue("Invocations", EndpointName="a"),
                queue("ApproximateBacklogSize", EndpointName="a"),
                endpoint("b"),
                configuration("b"),
                *REAL_TIME,
            ),
            NEVER,
        ),
        (
            stack(
                queue("ApproximateBacklogSize", Endpoint="b"),
                queue("ApproximateBacklogSize", EndpointName="c"),
                *REAL_TIME,
            ),
            "without the dimension EndpointName",
        ),
        (
            stack(
                queue("ApproximateBacklogSize", EndpointName="q"),
                queue("ApproximateBacklogSize", EndpointName="a"),
                endpoint("q"),
                configuration("q", **QUEUED),
                *REAL_TIME,
            ),
            NEVER,
        ),
    ],
    "cost-sagemaker-autoscaling": [
        (stack(*REAL_TIME, target("endpoint/a/variant/live")), ""),
        (stack(*REAL_TIME, target(LATER)), ""),
        (stack(*REAL_TIME, target("endpoint/a/variant/live", counts=LATER)), ""),
        (stack(*REAL_TIME, target("endpoint/ab/variant/live")), NO_TARGET),
        (stack(*REAL_TIME, target("endpoint/a/variant/live", counts="other")), NO_TARGET),
        (stack(endpoint("b"), *REAL_TIME), NO_TARGET),
        (
            stack(endpoint("b", tags={"scaling": "fixed"}), configuration("b"), *REAL_TIME),
            NO_TARGET,
        ),
        (stack(endpoint("a"), configuration("a", "x", {"serverlessConfig": {}})), ""),
        (
            stack(endpoint("a"), configuration("a", {"serverlessConfig": {}}, {"modelName": "m"})),
            NO_TARGET,
        ),
        (stack(endpoint("a"), configuration("b"), configuration("a")), NO_TARGET),
    ],
    "cost-sagemaker-async-scale-to-zero": [
        (
            stack(endpoint("a"), configuration("a", **QUEUED), target("endpoint/a/variant/v", 2)),
            f"keeps 2 {AWAKE}",
        ),
        (
            stack(
                endpoint("a"), configuration("a", **QUEUED), target("endpoint/a/variant/v", LATER)
            ),
            "",
        ),
        (stack(endpoint("a"), target("endpoint/a/variant/v", 2)), ""),
        (
            stack(
                endpoint("b"),
                endpoint("a"),
                configuration("b"),
                configuration("a", **QUEUED),
                target("endpoint/b/variant/v", 1),
                target("endpoint/a/variant/v", 1),
            ),
            f"keeps 1 {AWAKE}",
        ),
    ],
    "cost-sagemaker-idle-alarm": [
        (stack(endpoint("a"), queue("Invocations", EndpointName="a")), ""),
        (stack(endpoint("a"), queue(LATER, EndpointName="a")), ""),
        (stack(endpoint("a"), queue("ModelLatency", EndpointName="a")), "no alarm on Invocations"),
    ],
    "cost-sagemaker-dev-not-always-on": [
        (configuration("a", "x", {"modelName": "m"}), "productionVariants[1]"),
        (configuration("a", {"serverlessConfig": {}}, {"modelName": "m"}), "[1]"),
        (configuration("a", {"managedInstanceScaling": {"minInstanceCount": LATER}}), ""),
        (configuration("a", tags={"ttl": LATER}), ""),
        (configuration("a", asyncInferenceConfig=LATER), ""),
    ],
    "function-vpc": [
        (function(directVpcNetworkInterfaces=[{"network": "n"}]), ""),
        (function(directVpcNetworkInterfaces=[]), "sets no serviceConfig.vpcConnector"),
        (function(vpcConnector=LATER), ""),
        (function(), "sets no serviceConfig.vpcConnector"),
    ],
    "gce-firewall-authorized-ports-only": [
        (firewall(("6", ["3000"])), f"opens the ports 3000 to 3000 {TO_ALL} allows[0]"),
        (firewall(("udp", ["53"]), ("tcp", ["3000"])), "allows[1]"),
        (firewall(("udp", ["3000"])), ""),
        (firewall(("tcp", LATER)), ""),
        (firewall(("tcp", ["80", "443", "000443-00444", "x-3000", "3000-x"])), ""),
        (firewall(("tcp", ["443-444"])), "opens the ports 443 to 444"),
        (firewall(("tcp", ["22"])), ""),  # gce-firewall-no-open-admin says it
    ],
    "k8s-apparmor-selinux": [
        *((pod(securityContext={"seLinuxOptions": {"type": kind}}), "") for kind in CONFINED),
        *(
            (
                pod(securityContext={"seLinuxOptions": options}),
                f"securityContext.seLinuxOptions.{key}",
            )
            for key, options in (
                ("type", {"type": "spc_t"}),
                ("user", {"user": "system_u", "role": ""}),
                ("role", {"user": LATER, "role": "system_r"}),
            )
        ),
        (pod(containers=["x", UNCONFINED]), "containers[1].securityContext.appArmorProfile"),
        (pod(initContainers=[UNCONFINED]), "initContainers[0].securityContext.appArmorProfile"),
        (pod(ephemeralContainers=[UNCONFINED]), "sets ephemeralContainers[0]."),
        (pod(securityContext={"appArmorProfile": {"type": "Localhost"}}), ""),
    ],
    "k8s-volume-types": [
        *((pod(volumes=[{"name": "v", kind: {}}]), "") for kind in VOLUMES),
        (pod(volumes=["x", {"name": "v", "nfs": {}}]), "another kind (volumes[1])"),
        (pod(volumes=[{"name": "v", "hostPath": {}}]), ""),  # k8s-no-hostpath says it
        (pod(volumes=LATER), ""),
    ],
    "kserve-canary-needs-knative": [
        (inference("RawDeployment", canaryTrafficPercent=10), "sets canaryTrafficPercent"),
        (inference("RawDeployment", canaryTrafficPercent=LATER), ""),
        (inference(LATER, canaryTrafficPercent=10), ""),
    ],
    "cost-kserve-min-zero": [
        (inference(LATER, minReplicas=3), ""),
        (inference("Serverless", minReplicas=3), "has spec.predictor.minReplicas 3, kept"),
    ],
    "k8s-no-public-loadbalancer": [
        (Sample(SERVICE, {"metadata": LATER, "spec": {"type": "LoadBalancer"}}), ""),
        (Sample(SERVICE, {"metadata": {"labels": LATER}, "spec": {"type": "LoadBalancer"}}), ""),
        (
            Sample(SERVICE, {"metadata": {"annotations": LATER}, "spec": {"type": "NodePort"}}),
            "",
        ),
    ],
    "k8s-namespace-pss-label": [
        (Sample(NAMESPACE, {"metadata": {"labels": LATER}}), ""),
        (Sample(NAMESPACE, {"metadata": LATER}), ""),
    ],
    "cost-required-tags": [
        *(
            (Sample(kind, {where: {"owner": "a", "environment": "b"}}), "")
            for kind, where in TAGGED
        ),
        *(
            (Sample(kind, {where: {}}), f"sets no {where}.owner and no {where}.environment, ")
            for kind, where in TAGGED
        ),
        (Sample(WEB_APP, {"tags": LATER}), ""),
        (Sample(WEB_APP, {"tags": {"owner": "a"}}), "sets no tags.environment, "),
    ],
    "cost-k8s-lb-count": [
        (stack(balancer("a"), balancer("a"), balancer("a")), "has 3 LoadBalancers"),
        (stack(balancer("a"), balancer("b")), ""),
        (stack(balancer("a"), balancer("a", "ClusterIP")), ""),
        (stack(balancer(LATER), balancer(LATER)), ""),
        (stack(balancer(None), balancer("default")), "has 2 LoadBalancers in one namespace"),
    ],
    "cost-public-ipv4": [
        (held("eipalloc-1", "eipalloc-1"), ""),
        (held("eipalloc-1", "eipalloc-2"), "sample-0"),
    ],
}
"""Resources by rule, and words of the one finding about each; no words: there is none."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_lists(rule: Rule) -> None:
    for sample, words in CASES.get(rule.id, []):
        found = judged(rule, sample)
        assert len(found) == bool(words), sample
        assert all(words in message for message in found), (words, found)


def test_lists_are_of_rules() -> None:
    assert set(CASES) <= {rule.id for rule in RULES}
