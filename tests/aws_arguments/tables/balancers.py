"""Load balancers, their target groups, listeners and rules."""

from typing import Any

from aws_arguments.rules import (
    Call,
    Members,
    Rule,
    To,
    attribute,
    attributes,
    one_of,
    prefixed,
    rule,
    spelt,
)

_ID = "0123456789abcdef"
_ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
_NAME = {"name": spelt(r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)")}
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html;
the same holds of target groups."""
_LOGS = ("enabled", "bucket", "prefix")


def _actions(path: str) -> Members:
    """Actions of a listener or a rule."""
    return {
        f"{path}.authenticateCognito": "AuthenticateCognitoConfig",
        f"{path}.authenticateOidc": "AuthenticateOidcConfig",
        f"{path}.fixedResponse": "FixedResponseConfig",
        f"{path}.forward": "ForwardConfig",
        f"{path}.forward.targetGroups.arn": "TargetGroupArn",
        f"{path}.forward.stickiness": "TargetGroupStickinessConfig",
        f"{path}.forward.stickiness.duration": "DurationSeconds",
        f"{path}.jwtValidation": "JwtValidationConfig",
        f"{path}.redirect": "RedirectConfig",
    }


def _queries(pairs: Any) -> Any:
    return {"Values": [{key.capitalize(): item for key, item in pair.items()} for pair in pairs]}


_BALANCER = rule(
    Call(
        "elbv2",
        "CreateLoadBalancer",
        {
            "namePrefix": prefixed("Name", 32),
            "loadBalancerType": "Type",
            "internal": To("Scheme", lambda yes: "internal" if yes else "internet-facing"),
        },
    ),
    Call(
        "elbv2",
        "ModifyLoadBalancerAttributes",
        {
            "accessLogs": attributes({name: f"access_logs.s3.{name}" for name in _LOGS}),
            "connectionLogs": attributes({name: f"connection_logs.s3.{name}" for name in _LOGS}),
            "clientKeepAlive": attribute("client_keep_alive.seconds"),
            "desyncMitigationMode": attribute("routing.http.desync_mitigation_mode"),
            "dnsRecordClientRoutingPolicy": attribute("dns_record.client_routing_policy"),
            "dropInvalidHeaderFields": attribute("routing.http.drop_invalid_header_fields.enabled"),
            "enableCrossZoneLoadBalancing": attribute("load_balancing.cross_zone.enabled"),
            "enableDeletionProtection": attribute("deletion_protection.enabled"),
            "enableHttp2": attribute("routing.http2.enabled"),
            "enableTlsVersionAndCipherSuiteHeaders": attribute(
                "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
            ),
            "enableWafFailOpen": attribute("waf.fail_open.enabled"),
            "enableXffClientPort": attribute("routing.http.xff_client_port.enabled"),
            "enableZonalShift": attribute("zonal_shift.config.enabled"),
            "idleTimeout": attribute("idle_timeout.timeout_seconds"),
            "preserveHostHeader": attribute("routing.http.preserve_host_header.enabled"),
            "xffHeaderProcessingMode": attribute("routing.http.xff_header_processing.mode"),
        },
        {"LoadBalancerArn": f"{_ARN}loadbalancer/app/front/{_ID}"},
    ),
    checks={**_NAME, "internal": one_of(True, False)},
)

_TARGETS = rule(
    Call(
        "elbv2",
        "CreateTargetGroup",
        {
            "namePrefix": prefixed("Name", 32),
            "healthCheck": ".",
            "healthCheck.enabled": "HealthCheckEnabled",
            "healthCheck.protocol": "HealthCheckProtocol",
            "healthCheck.port": "HealthCheckPort",
            "healthCheck.path": "HealthCheckPath",
            "healthCheck.interval": "HealthCheckIntervalSeconds",
            "healthCheck.timeout": "HealthCheckTimeoutSeconds",
            "healthCheck.healthyThreshold": "HealthyThresholdCount",
            "healthCheck.unhealthyThreshold": "UnhealthyThresholdCount",
            "healthCheck.matcher": "Matcher.HttpCode",
        },
    ),
    Call(
        "elbv2",
        "ModifyTargetGroupAttributes",
        {
            "connectionTermination": attribute(
                "deregistration_delay.connection_termination.enabled"
            ),
            "deregistrationDelay": attribute("deregistration_delay.timeout_seconds"),
            "lambdaMultiValueHeadersEnabled": attribute("lambda.multi_value_headers.enabled"),
            "loadBalancingAlgorithmType": attribute("load_balancing.algorithm.type"),
            "loadBalancingAnomalyMitigation": attribute(
                "load_balancing.algorithm.anomaly_mitigation"
            ),
            "loadBalancingCrossZoneEnabled": attribute("load_balancing.cross_zone.enabled"),
            "preserveClientIp": attribute("preserve_client_ip.enabled"),
            "proxyProtocolV2": attribute("proxy_protocol_v2.enabled"),
            "slowStart": attribute("slow_start.duration_seconds"),
            "stickiness": attributes(
                {
                    "enabled": "stickiness.enabled",
                    "type": "stickiness.type",
                    "cookieDuration": "stickiness.lb_cookie.duration_seconds",
                    "cookieName": "stickiness.app_cookie.cookie_name",
                }
            ),
        },
        {"TargetGroupArn": f"{_ARN}targetgroup/front/{_ID}"},
    ),
    checks=_NAME,
)

_LISTENER = rule(
    Call(
        "elbv2",
        "CreateListener",
        {
            **_actions("defaultActions"),
            "certificateArn": To("Certificates", lambda arn: [{"CertificateArn": arn}]),
        },
    ),
    Call(
        "elbv2",
        "ModifyListenerAttributes",
        {
            "routingHttpResponseServerEnabled": attribute("routing.http.response.server.enabled"),
            "tcpIdleTimeoutSeconds": attribute("tcp.idle_timeout.seconds"),
        },
        {"ListenerArn": f"{_ARN}listener/app/front/{_ID}/{_ID}"},
    ),
)

_RULE = rule(
    Call(
        "elbv2",
        "CreateRule",
        {
            **_actions("actions"),
            "conditions.hostHeader": "HostHeaderConfig",
            "conditions.httpHeader": "HttpHeaderConfig",
            "conditions.httpRequestMethod": "HttpRequestMethodConfig",
            "conditions.pathPattern": "PathPatternConfig",
            "conditions.queryStrings": To("QueryStringConfig", _queries),
            "conditions.sourceIp": "SourceIpConfig",
        },
    )
)

BALANCERS: dict[str, Rule] = {
    f"aws:{module}/{token}": each
    for module in ("lb", "alb")
    for token, each in {
        "loadBalancer:LoadBalancer": _BALANCER,
        "targetGroup:TargetGroup": _TARGETS,
        "listener:Listener": _LISTENER,
        "listenerRule:ListenerRule": _RULE,
    }.items()
}
