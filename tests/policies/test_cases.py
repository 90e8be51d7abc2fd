"""Cases beside a rule's own examples: every word of a list, every neighbour, every edge."""

import json
from typing import Any

import pytest

from modelport_policies import RULES
from modelport_policies.rule import Rule, Sample
from rule_variations import judged

Case = tuple[dict[str, Any], int]
ROLES = "/subscriptions/1/providers/Microsoft.Authorization/roleDefinitions/"
DEPUTIES = ("bedrock", "ecs-tasks", "sagemaker", "scheduler", "states")
SERVICES = ("iam", "s3", "sagemaker", "kms", "secretsmanager", "sts", "lambda", "ec2")
LIMITS = (
    "aws:PrincipalOrgID", "aws:SourceAccount", "aws:SourceArn", "aws:SourceVpce",
    "aws:PrincipalAccount", "aws:SourceVpc", "aws:SourceIp", "aws:PrincipalArn",
)  # fmt: skip


def document(*statements: dict[str, Any]) -> str:
    whole = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    return json.dumps({"Statement": [whole | statement for statement in statements]})


def settings(*listed: tuple[str, str, str]) -> dict[str, Any]:
    keys = ("namespace", "name", "value")
    return {"settings": [dict(zip(keys, item, strict=True)) for item in listed]}


def nsg(**changes: str) -> dict[str, Any]:
    rule = {
        "access": "Allow",
        "direction": "Inbound",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "destinationPortRange": "22",
    }
    return {"securityRules": [rule | changes]}


def task(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"containerDefinitions": json.dumps(list(containers))}


def group(**changes: Any) -> dict[str, Any]:
    whole = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
    return {"ingress": [{k: v for k, v in (whole | changes).items() if v is not None}]}


def pod(container: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    return {"spec": {"containers": [container or {}], **values}}


def adds(name: str) -> dict[str, Any]:
    return pod({"securityContext": {"capabilities": {"add": [name]}}})


def balanced(name: str, value: str) -> dict[str, Any]:
    return {"spec": {"type": "LoadBalancer"}, "metadata": {"annotations": {name: value}}}


def firewall(*ports: str, protocol: str = "tcp") -> dict[str, Any]:
    allowed = {"protocol": protocol, "ports": list(ports)}
    return {"sourceRanges": ["0.0.0.0/0"], "allows": ["x", allowed]}


BASELINE = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
)  # fmt: skip
CLOUDS = "service.beta.kubernetes.io/"
EVERYBODY = {"Principal": "*"}
HARMLESS = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::a"}
EB = "aws:elasticbeanstalk:"
CASES: dict[str, list[Case]] = {
    "iam-no-service-star": [
        *(({"policy": document({"Action": f"{name}:*"})}, 1) for name in SERVICES),
        ({"policy": document(HARMLESS, {"Action": "s3:*"})}, 1),
        ({"policy": document({"Action": "iam:PassRole"}, HARMLESS, {"Action": "ec2:*"})}, 2),
    ],
    "iam-no-admin-star": [
        ({"policy": document({"Action": "*:*"})}, 1),
        ({"policy": json.loads(document({"Action": "*"}))}, 1),  # an object in place of text
        ({"policy": json.loads(document(HARMLESS, {"Action": ["a", "*"]}))}, 1),
        ({"policy": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}, 1),
        ({"policy": document(HARMLESS, {"Action": "*"})}, 1),
    ],
    "iam-trust-confused-deputy": [
        *(
            ({"assumeRolePolicy": document({"Principal": {"Service": f"{it}.amazonaws.com"}})}, 1)
            for it in DEPUTIES
        ),
        (
            {
                "assumeRolePolicy": document(
                    {"Principal": {"AWS": "1"}}, {"Principal": {"AWS": "*"}}
                )
            },
            1,
        ),
    ],
    "iam-no-managed-fullaccess": [
        ({"policyArn": f"arn:{part}:iam::aws:policy/AmazonS3FullAccess"}, 1)
        for part in ("aws", "aws-cn", "aws-us-gov")
    ]
    + [({"policyArn": "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"}, 0)],
    "iam-role-no-fullaccess": [
        ({"managedPolicyArns": ["arn:a", "arn:aws:iam::aws:policy/PowerUserAccess"]}, 1)
    ],
    "s3-policy-not-public": [
        ({"policy": document({**EVERYBODY, "Condition": {"StringEquals": {key: "a"}}})}, 0)
        for key in LIMITS
    ],
    "kms-rotation": [({"keyUsage": "GENERATE_VERIFY_MAC"}, 0)],
    "azrole-no-owner": [
        ({"roleDefinitionId": ROLES + found}, 1)
        for found in (
            "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
            "b24988ac-6180-42a0-ab88-20f7382dd24c",
            "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
            "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        )
    ],
    "az-nsg-no-open-admin": [
        *((nsg(protocol=name), 0) for name in ("Icmp", "Udp", "Esp", "Ah")),
        (nsg(destinationPortRange="1-65535"), 1),
        (nsg(destinationPortRange="22-x"), 0),
        (nsg(destinationPortRange="x"), 0),
        (nsg(destinationPortRange="10-21"), 0),
        (nsg(destinationPortRange="22222222222222"), 0),
        (nsg(destinationPortRange="00022-00022"), 1),
    ],
    "k8s-capabilities-baseline": [
        *((adds(name), 0) for name in BASELINE),
        *((adds(name), 1) for name in ("SYS_ADMIN", "NET_RAW", "ALL")),
    ],
    "k8s-image-digest": [
        (pod({"image": "a/b@sha256:5f"}), 0),
        (pod({"image": "a:5000/b"}), 1),
        (pod({"image": "a/b:latest@sha256:5f"}), 0),
        (pod({}), 0),
    ],
    "k8s-run-as-nonroot": [
        (pod({"securityContext": {"runAsNonRoot": False}}), 1),
        (
            pod(
                {"securityContext": {"runAsNonRoot": False}},
                securityContext={"runAsNonRoot": True},
            ),
            1,
        ),
    ],
    "k8s-no-host-ports": [
        (pod({"ports": [{"hostPort": 0}]}), 0),
        (pod({"ports": [{"hostPort": 1}]}), 1),
    ],
    "k8s-no-host-namespaces": [
        (pod(hostNetwork=True), 1),
        (pod(hostIPC=True), 1),
        (pod(hostNetwork=True, hostPID=True, hostIPC=True), 3),
    ],
    "k8s-seccomp": [(pod(securityContext={"seccompProfile": {"type": "Localhost"}}), 0)],
    "k8s-sysctls": [
        (pod(securityContext={"sysctls": [{"name": name}]}), 0)
        for name in (
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
        )
    ],
    "k8s-no-public-loadbalancer": [
        (balanced("cloud.google.com/load-balancer-type", "Internal"), 0),
        (balanced("networking.gke.io/load-balancer-type", "Internal"), 0),
        (balanced(f"{CLOUDS}aws-load-balancer-internal", "true"), 0),
        (balanced(f"{CLOUDS}aws-load-balancer-scheme", "internal"), 0),
        (balanced(f"{CLOUDS}azure-load-balancer-internal", "true"), 0),
        (balanced("networking.gke.io/load-balancer-type", "External"), 1),
    ],
    "k8s-namespace-pss-label": [
        ({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}, 0),
        ({"metadata": {"labels": {"pod-security.kubernetes.io/warn": "restricted"}}}, 1),
    ],
    "k8s-pdb": [({"spec": {"maxUnavailable": "0"}}, 1), ({"spec": {"maxUnavailable": "1"}}, 0)],
    "owner-present": [
        ({"owner": name}, 1)
        for name in (
            "",
            "me",
            "nobody",
            "none",
            "owner",
            "someone",
            "tbd",
            "team",
            "todo",
            "unknown",
        )
    ],
    "gce-firewall-no-open-admin": [
        (firewall("22"), 1),
        (firewall("1-21", "23-100"), 0),
        (firewall("8000-9000"), 1),
        (firewall("22-x"), 0),
        (firewall("x"), 0),
        (firewall("22", protocol="udp"), 0),
        (firewall("00000000000022"), 0),
        ({"sourceRanges": ["0.0.0.0/0"], "allows": [{"protocol": "tcp"}]}, 1),
    ],
    "cost-gcp-private-google-access": [({"purpose": "PRIVATE"}, 1), ({"purpose": "X"}, 0)],
    "lambda-dlq": [],
    "beanstalk-https-listener": [
        (settings(("aws:ec2:vpc", "ELBScheme", "internal")), 0),
        (settings(("aws:ec2:vpc", "X", "1"), ("aws:ec2:vpc", "ELBScheme", "internal")), 0),
        (
            settings(
                ("aws:elbv2:listener:443", "Protocol", "HTTPS"),
                ("aws:elbv2:listener:default", "ListenerEnabled", "false"),
            ),
            0,
        ),
    ],
    "beanstalk-stream-logs": [(settings((f"{EB}cloudwatch:logs", "StreamLogs", "true")), 0)],
    "beanstalk-managed-updates": [
        (settings((f"{EB}managedactions", "ManagedActionsEnabled", "true")), 0)
    ],
    "beanstalk-enhanced-health": [
        (settings((f"{EB}healthreporting:system", "SystemType", "enhanced")), 0)
    ],
    "beanstalk-imdsv1-off": [
        (settings(("aws:autoscaling:launchconfiguration", "DisableIMDSv1", "true")), 0)
    ],
    "beanstalk-no-env-secrets": [
        (settings((f"{EB}application:environment", "API_KEY", "hunter2")), 1),
        (settings((f"{EB}application:environment", "API_KEY", "false")), 0),
        (settings((f"{EB}application:environment", "COLOUR", "hunter2")), 0),
        (settings(("x", "A", "1"), (f"{EB}application:environment", "API_KEY", "hunter2")), 1),
    ],
    "ecs-no-env-secrets": [
        (task({"environment": ["A", {"name": "API_KEY", "value": "hunter2"}]}), 1),
        (task({"environment": [{"name": "A"}, {"name": "API_KEY", "value": "hunter2"}]}), 1),
        (task({"environment": [{"name": "API_KEY", "value": "true"}]}), 0),
        (task({"environment": [{"name": "COLOUR", "value": "hunter2"}]}), 0),
    ],
    "ecs-container-insights": [
        ({"settings": [{"name": "other"}, {"name": "containerInsights", "value": "enhanced"}]}, 0)
    ],
    "ecs-circuit-breaker": [({"deploymentController": {"type": "EXTERNAL"}}, 0)],
    "lb-drop-invalid-headers": [({"loadBalancerType": "gateway"}, 0)],
    "lb-listener-tls": [
        ({"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-2016-08"}, 1),
        ({"protocol": "TLS", "sslPolicy": "ELBSecurityPolicy-TLS-1-0-2015-04"}, 1),
        ({"protocol": "HTTP", "defaultActions": []}, 1),
    ],
    "sagemaker-endpoint-traffic-shift": [
        (
            {
                "deploymentConfig": {
                    "blueGreenUpdatePolicy": {"trafficRoutingConfiguration": {"type": "LINEAR"}}
                }
            },
            0,
        )
    ],
    "sagemaker-endpointconfig-kms": [
        ({"productionVariants": [{"instanceType": f"ml.{family}.xlarge"}]}, 0)
        for family in ("g4dn", "g5", "g6", "g6e", "p4d", "p5", "trn1", "m5d", "m7gd")
    ]
    + [
        ({"productionVariants": [{"instanceType": f"ml.{family}.xlarge"}]}, 1)
        for family in ("m5", "c5", "c6i", "c7g", "m7g", "r5", "g5g", "inf1")
    ],
    "sagemaker-model-image-private": [
        ({"containers": [{}, {"image": "a/b:1"}]}, 1),
        ({"primaryContainer": {"image": "1" * 12 + ".dkr.ecr.a.amazonaws.com/b@sha256:5"}}, 0),
    ],
    "cost-sagemaker-no-dev-provisioned-concurrency": [
        (
            {
                "asyncInferenceConfig": {"outputConfig": {}},
                "productionVariants": [{"serverlessConfig": {"provisionedConcurrency": 1}}],
            },
            0,
        )
    ],
    "cost-oversized-cpu": [
        ({"instanceType": "m7i.4xlarge"}, 0),
        ({"instanceType": "m7i.5xlarge"}, 1),
        ({"instanceType": "m7i.metal"}, 1),
        ({"instanceType": "u-6tb1.112xlarge"}, 1),
    ],
    "ec2-sg-no-open-admin-ports": [
        (group(protocol="all", fromPort=1, toPort=1), 1),
        (group(toPort=None), 1),
        (group(fromPort=None), 1),
        (group(fromPort=None, toPort=21), 0),
        (group(fromPort=9090, toPort=9090), 1),
        (group(fromPort=9091, toPort=None), 0),
    ],
    "ec2-sg-authorized-ports-only": [
        (group(fromPort=0, toPort=0), 1),
        (group(fromPort=65535, toPort=65535), 1),
        (group(fromPort=80, toPort=81), 1),
    ],
    "docker-bind-loopback": [({"ports": [{"external": 80, "ip": "::1"}]}, 0)],
    "docker-no-socket-mount": [({"volumes": [{"hostPath": "/var/run/docker.sock/"}]}, 1)],
    "docker-drop-caps": [({"capabilities": {"drops": ["all"]}}, 0), ({}, 1)],
    "docker-no-new-privs": [
        ({"securityOpts": [word]}, 0)
        for word in ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")
    ],
    "s3-tls-only": [({"policy": document({"Effect": "Deny", **EVERYBODY})}, 1)],
}
BESIDE: dict[str, list[tuple[Sample, int]]] = {
    "lambda-dlq": [
        (
            Sample(
                "aws:lambda/function:Function",
                {"name": "ask"},
                (
                    Sample(
                        "aws:lambda/permission:Permission",
                        {"function": called, "principal": f"{service}.amazonaws.com"},
                    ),
                ),
            ),
            1,
        )
        for service in ("s3", "sns", "events")
        for called in ("ask", "arn:aws:lambda:eu-west-1:1:function:ask")
    ],
    "cost-public-ipv4": [
        (
            Sample("aws:ec2/eip:Eip", {"publicIp": "192.0.2.1"}, (Sample(kind, properties),)),
            expected,
        )
        for kind, properties, expected in (
            ("aws:ec2/eipAssociation:EipAssociation", {"publicIp": "192.0.2.1"}, 0),
            ("aws:ec2/eipAssociation:EipAssociation", {"publicIp": "192.0.2.2"}, 1),
            ("aws:ec2/natGateway:NatGateway", {"subnetId": "a"}, 1),
        )
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_cases(rule: Rule) -> None:
    for properties, expected in CASES.get(rule.id, []):
        assert len(judged(rule, Sample(rule.passes.type, properties))) == expected, properties
    for sample, expected in BESIDE.get(rule.id, []):
        assert len(judged(rule, sample)) == expected, sample


def test_cases_are_of_rules() -> None:
    assert {*CASES, *BESIDE} <= {rule.id for rule in RULES}
