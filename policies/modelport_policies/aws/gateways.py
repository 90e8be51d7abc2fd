"""Rules about API Gateway and load balancers: who may call, over what, and what is written down."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelport_policies.components import UnlessServed
from modelport_policies.demands import (
    is_not_true,
    is_one_of,
    is_set,
    is_true,
    within,
)
from modelport_policies.relations import of_type, refers
from modelport_policies.rule import (
    ADVICE,
    ADVICE_IN_DEV,
    STRICT_IN_PROD,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import UNKNOWN, flag, items, read, text

_METHOD = "aws:apigateway/method:Method"
_ROUTE = "aws:apigatewayv2/route:Route"
_STAGES = ("aws:apigateway/stage:Stage", "aws:apigatewayv2/stage:Stage")
_STAGE, _STAGE_2 = _STAGES
_METHODS = "aws:apigateway/methodSettings:MethodSettings"
_DOMAIN = "aws:apigateway/domainName:DomainName"
_DOMAIN_2 = "aws:apigatewayv2/domainName:DomainName"
_LISTENER = "aws:lb/listener:Listener"
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_OLD_TLS = ("ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS-1-0-2015-04")
_LOG = "arn:aws:logs:eu-west-1:123456789012:log-group:calls"


def _open_method(properties: Mapping[str, Any]) -> bool:
    return text(properties, "httpMethod") in ("OPTIONS", UNKNOWN) or (
        flag(read(properties, "apiKeyRequired")) is True
        or read(properties, "apiKeyRequired") is UNKNOWN
    )


def _over_tls(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    balancers = of_type(resources, _BALANCER)
    inside = [item for item in balancers if read(item.properties, "internal") in (True, UNKNOWN)]
    for listener in of_type(resources, _LISTENER):
        by = (("loadBalancerArn",), ("arn", "name"))
        if any(refers(listener, item, *by) for item in inside):
            continue
        protocol = text(listener.properties, "protocol")
        if protocol == "HTTP" and not _only_redirects(listener):
            yield listener, "takes plain HTTP, so keys and requests can be read on the way"
        elif protocol in ("HTTPS", "TLS") and text(listener.properties, "sslPolicy") in _OLD_TLS:
            yield listener, "has an sslPolicy that takes TLS 1.0, which is broken"


def _only_redirects(listener: Resource) -> bool:
    actions = [action for _, action in items(listener.properties, "defaultActions")]
    kinds = [text(item, "type") if isinstance(item, Mapping) else UNKNOWN for item in actions]
    return all(kind in ("redirect", UNKNOWN) for kind in kinds) and bool(
        kinds or read(listener.properties, "defaultActions") is UNKNOWN
    )


METHOD_AUTHENTICATED = Rule(
    id="apigw-method-auth",
    title="A method of a REST API asks who calls.",
    severity="high",
    types=(_METHOD,),
    rationale="anybody on the internet could use the model, copy it by asking, or run up its cost",
    fix='authorization="AWS_IAM", an authorizer, or api_key_required=True',
    sources=("CKV_AWS_59", "CKV2_AWS_70", "prowler apigateway_restapi_authorizers_enabled"),
    passes=Sample(_METHOD, {"authorization": "AWS_IAM", "httpMethod": "POST"}),
    fails=Sample(_METHOD, {"authorization": "NONE", "httpMethod": "POST"}),
    also_passes=(
        Sample(_METHOD, {"authorization": "NONE", "httpMethod": "OPTIONS"}),
        Sample(_METHOD, {"authorization": "NONE", "httpMethod": "POST", "apiKeyRequired": True}),
    ),
    check=is_one_of(
        "authorization",
        ["AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"],
        "so it answers everybody",
        unless=_open_method,
    ),
)

ROUTE_AUTHENTICATED = Rule(
    id="apigwv2-route-auth",
    title="A route of an HTTP API asks who calls.",
    severity="high",
    types=(_ROUTE,),
    rationale="anybody on the internet could use the model, copy it by asking, or run up its cost",
    fix='authorization_type="AWS_IAM", or "JWT" with an authorizer_id',
    sources=("AWS Security Hub APIGateway.8", "CKV_AWS_309"),
    passes=Sample(_ROUTE, {"authorizationType": "AWS_IAM", "routeKey": "POST /predict"}),
    fails=Sample(_ROUTE, {"authorizationType": "NONE", "routeKey": "POST /predict"}),
    also_passes=(Sample(_ROUTE, {"authorizationType": "NONE", "routeKey": "OPTIONS /predict"}),),
    check=UnlessServed(
        is_one_of(
            "authorizationType",
            ["JWT", "AWS_IAM", "CUSTOM"],
            "so it answers everybody",
            unless=lambda properties: str(text(properties, "routeKey")).startswith("OPTIONS "),
        )
    ),
)

CALLS_LOGGED = Rule(
    id="apigw-stage-access-logs",
    title="A stage of an API writes down who called.",
    severity="medium",
    types=_STAGES,
    rationale="without it nobody can say afterwards who asked the model, and how often",
    fix="access_log_settings={destination_arn: group.arn, format: …}",
    sources=("AWS Security Hub APIGateway.9", "CKV_AWS_76", "CKV_AWS_95"),
    levels=STRICT_IN_PROD,
    passes=Sample(_STAGE_2, {"accessLogSettings": {"destinationArn": _LOG, "format": "$context"}}),
    fails=Sample(_STAGE_2, {"name": "live"}),
    also_fails=(Sample(_STAGE, {"stageName": "live"}),),
    check=is_set("accessLogSettings.destinationArn", "so nobody knows who called"),
)

NO_PAYLOADS = Rule(
    id="apigw-no-data-trace",
    title="A REST API does not write requests into its logs.",
    severity="high",
    types=(_METHODS,),
    rationale="a request to a model is what it was told of a person; a log is read by many",
    fix="leave settings.data_trace_enabled out",
    sources=("CKV_AWS_276",),
    passes=Sample(_METHODS, {"settings": {"dataTraceEnabled": False}}),
    fails=Sample(_METHODS, {"settings": {"dataTraceEnabled": True}}),
    check=is_not_true("settings.dataTraceEnabled", "so whole requests land in the log"),
    remedies={"settings.dataTraceEnabled": False},
)

THROTTLED = Rule(
    id="apigw-throttle",
    title="A stage of an HTTP API takes so many requests a second and no more.",
    severity="medium",
    types=(_STAGE_2,),
    rationale="a loop in somebody's script otherwise costs until the account's own limit",
    fix="default_route_settings={throttling_rate_limit: 50, throttling_burst_limit: 100}",
    sources=("OWASP API Security Top 10 2023, API4 Unrestricted Resource Consumption",),
    levels=STRICT_IN_PROD,
    passes=Sample(_STAGE_2, {"defaultRouteSettings": {"throttlingRateLimit": 50}}),
    fails=Sample(_STAGE_2, {"defaultRouteSettings": {"throttlingRateLimit": 0}}),
    check=within(
        "defaultRouteSettings.throttlingRateLimit", 0.001, None, "so one script takes all there is"
    ),
)

DOMAIN_TLS = Rule(
    id="apigw-tls12",
    title="A domain of a REST API takes TLS 1.2 or newer.",
    severity="medium",
    types=(_DOMAIN,),
    rationale="TLS 1.0 and 1.1 are broken: keys and requests can be read on the way",
    fix='security_policy="TLS_1_2"',
    sources=("CKV_AWS_206",),
    passes=Sample(_DOMAIN, {"securityPolicy": "TLS_1_2"}),
    fails=Sample(_DOMAIN, {"securityPolicy": "TLS_1_0"}),
    check=is_one_of("securityPolicy", ["TLS_1_2"], "so it takes TLS 1.0"),
    remedies={"securityPolicy": "TLS_1_2"},
)

HTTP_DOMAIN_TLS = Rule(
    id="apigwv2-tls12",
    title="A domain of an HTTP API takes TLS 1.2 or newer.",
    severity="medium",
    types=(_DOMAIN_2,),
    rationale="TLS 1.0 and 1.1 are broken: keys and requests can be read on the way",
    fix='domain_name_configuration={…, security_policy: "TLS_1_2"}',
    sources=("CKV_AWS_206",),
    passes=Sample(_DOMAIN_2, {"domainNameConfiguration": {"securityPolicy": "TLS_1_2"}}),
    fails=Sample(_DOMAIN_2, {"domainNameConfiguration": {"securityPolicy": "TLS_1_0"}}),
    check=is_one_of("domainNameConfiguration.securityPolicy", ["TLS_1_2"], "so it takes TLS 1.0"),
    remedies={"domainNameConfiguration.securityPolicy": "TLS_1_2"},
)

TRACED = Rule(
    id="apigw-xray",
    title="A stage of a REST API can be traced.",
    severity="low",
    types=(_STAGE,),
    rationale="a slow prediction is found by its trace, not by guessing",
    fix="xray_tracing_enabled=True",
    sources=("AWS Security Hub APIGateway.3", "CKV_AWS_73"),
    levels=ADVICE,
    passes=Sample(_STAGE, {"xrayTracingEnabled": True}),
    fails=Sample(_STAGE, {"xrayTracingEnabled": False}),
    check=is_true("xrayTracingEnabled", "so a slow request leaves no trace"),
)

NO_CACHE_IN_DEV = Rule(
    id="cost-apigw-cache-off-dev",
    title="In dev an API keeps no cache.",
    severity="low",
    types=(_STAGE,),
    rationale="the smallest cache costs about 15 USD a month, asked or not",
    fix="leave cache_cluster_enabled out in dev",
    sources=("Amazon API Gateway pricing, 'Caching'",),
    levels=ADVICE_IN_DEV,
    passes=Sample(_STAGE, {"cacheClusterEnabled": False}),
    fails=Sample(_STAGE, {"cacheClusterEnabled": True}),
    check=is_not_true("cacheClusterEnabled", "paid for by the hour"),
)

BALANCER_TLS = Rule(
    id="lb-listener-tls",
    title="A load balancer that the internet reaches is spoken to over TLS.",
    severity="high",
    types=(_LISTENER, _BALANCER),
    rationale="keys and requests in plain HTTP can be read and changed on the way",
    fix='protocol="HTTPS", ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06", certificate_arn=…',
    sources=("AWS Security Hub ELB.1", "CKV_AWS_2", "CKV_AWS_103"),
    passes=Sample(
        _LISTENER,
        {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
    ),
    fails=Sample(_LISTENER, {"protocol": "HTTP", "defaultActions": [{"type": "forward"}]}),
    also_passes=(
        Sample(_LISTENER, {"protocol": "HTTP", "defaultActions": [{"type": "redirect"}]}),
        Sample(
            _LISTENER,
            {
                "protocol": "HTTP",
                "defaultActions": [{"type": "forward"}],
                "loadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:1:inner",
            },
            beside=(Sample(_BALANCER, {"name": "inner", "internal": True}),),
        ),
    ),
    also_fails=(
        Sample(_LISTENER, {"protocol": "HTTP"}),
        Sample(_LISTENER, {"protocol": "TLS", "sslPolicy": "ELBSecurityPolicy-2016-08"}),
        Sample(
            _LISTENER,
            {"protocol": "HTTP", "loadBalancerArn": "arn:aws:elasticloadbalancing:x:1:outer"},
            beside=(Sample(_BALANCER, {"name": "outer", "internal": False}),),
        ),
    ),
    stack_check=_over_tls,
)

HEADERS_CHECKED = Rule(
    id="lb-drop-invalid-headers",
    title="A load balancer drops headers that no server should see.",
    severity="medium",
    types=(_BALANCER,),
    rationale="broken headers are how a request is smuggled into that of somebody else",
    fix="drop_invalid_header_fields=True",
    sources=("AWS Security Hub ELB.4", "CKV_AWS_131"),
    levels=STRICT_IN_PROD,
    passes=Sample(_BALANCER, {"dropInvalidHeaderFields": True}),
    fails=Sample(_BALANCER, {"dropInvalidHeaderFields": False}),
    also_passes=(Sample(_BALANCER, {"loadBalancerType": "network"}),),
    check=is_true(
        "dropInvalidHeaderFields",
        "so requests can be smuggled through it",
        unless=lambda properties: (
            text(properties, "loadBalancerType") in ("network", "gateway", UNKNOWN)
        ),
    ),
    remedies={"dropInvalidHeaderFields": True},
)

ZONES_APART = Rule(
    id="cost-cross-az",
    title="A network balancer sends requests to machines of its own zone.",
    severity="low",
    types=(_BALANCER,),
    rationale="bytes between zones cost 0.01 USD per GB each way behind a network balancer",
    fix="leave enable_cross_zone_load_balancing out, with machines in every zone",
    sources=("Elastic Load Balancing, 'Cross-zone load balancing'",),
    levels=ADVICE,
    passes=Sample(
        _BALANCER, {"loadBalancerType": "network", "enableCrossZoneLoadBalancing": False}
    ),
    fails=Sample(_BALANCER, {"loadBalancerType": "network", "enableCrossZoneLoadBalancing": True}),
    also_passes=(Sample(_BALANCER, {"enableCrossZoneLoadBalancing": True}),),
    check=is_not_true(
        "enableCrossZoneLoadBalancing",
        "so bytes between zones are paid for",
        unless=lambda properties: text(properties, "loadBalancerType") != "network",
    ),
)

SECURITY = (
    METHOD_AUTHENTICATED,
    ROUTE_AUTHENTICATED,
    CALLS_LOGGED,
    NO_PAYLOADS,
    DOMAIN_TLS,
    HTTP_DOMAIN_TLS,
    BALANCER_TLS,
    HEADERS_CHECKED,
)
RELIABILITY = (THROTTLED, TRACED)
COST = (NO_CACHE_IN_DEV, ZONES_APART)
