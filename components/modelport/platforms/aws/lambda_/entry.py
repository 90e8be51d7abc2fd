"""Entry: how a function is called: by Lambda's own API, a function URL, or an HTTP API."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account
from modelport.platforms.aws.certificate import certificate, point_domain
from modelport.platforms.aws.lambda_.plan import ALIAS, LambdaPlan
from modelport.platforms.aws.logs import log_group
from modelport.platforms.container import PREDICT

_LINE = {
    "time": "$context.requestTime",
    "request": "$context.requestId",
    "caller": "$context.identity.caller",
    "address": "$context.identity.sourceIp",
    "route": "$context.routeKey",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "error": "$context.error.message",
}
"""What the access log of an HTTP API says of a request."""


@dataclass(frozen=True, slots=True)
class FunctionEntry:
    """How callers reach the alias."""

    url: pulumi.Output[str]
    ask: str
    """How the live service is asked: `url`, signed where there is no key, or `invoke`."""
    parts: list[pulumi.Resource]
    """What must be there before it can be asked."""


def entry_of(
    plan: LambdaPlan, where: Account, key: aws.kms.Key, alias: aws.lambda_.Alias
) -> FunctionEntry:
    """The entry that the plan decided."""
    if plan.entry == "url":
        return _function_url(plan, where, alias)
    if plan.entry == "http_api":
        return _http_api(plan, where, key, alias)
    parts: list[pulumi.Resource] = [
        _permission(plan, where, alias, f"invoker-{index}", principal)
        for index, principal in enumerate(plan.invokers)
    ]
    url = pulumi.Output.format(
        "https://lambda.{0}.amazonaws.com/2015-03-31/functions/{1}:{2}/invocations",
        plan.region,
        alias.function_name,
        ALIAS,
    )
    return FunctionEntry(url, "invoke", parts)


def _function_url(plan: LambdaPlan, where: Account, alias: aws.lambda_.Alias) -> FunctionEntry:
    """A URL whose callers sign with IAM; where the service asks for our key, AWS lets them through.

    Calling one takes two permissions: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html.
    """
    signed = plan.auth == "platform"
    kind = "AWS_IAM" if signed else "NONE"
    made = aws.lambda_.FunctionUrl(
        f"{plan.name}-url",
        function_name=alias.function_name,
        qualifier=alias.name,
        authorization_type=kind,
        opts=where.opts,
    )
    parts: list[pulumi.Resource] = [made]
    for index, principal in enumerate(plan.invokers if signed else ("*",)):
        parts += [
            aws.lambda_.Permission(
                f"{plan.name}-url-caller-{index}",
                statement_id=f"url-{index}",
                action="lambda:InvokeFunctionUrl",
                function=alias.function_name,
                qualifier=alias.name,
                principal=principal,
                function_url_auth_type=kind,
                opts=where.opts,
            ),
            aws.lambda_.Permission(
                f"{plan.name}-url-invoker-{index}",
                statement_id=f"invoke-by-url-{index}",
                action="lambda:InvokeFunction",
                function=alias.function_name,
                qualifier=alias.name,
                principal=principal,
                invoked_via_function_url=True,
                opts=where.opts,
            ),
        ]
    url = made.function_url.apply(lambda address: address.rstrip("/"))
    return FunctionEntry(url, "url", parts)


def _http_api(
    plan: LambdaPlan, where: Account, key: aws.kms.Key, alias: aws.lambda_.Alias
) -> FunctionEntry:
    """An API with one route, on the domain alone."""
    api = aws.apigatewayv2.Api(
        f"{plan.name}-api",
        name=plan.physical_name,
        protocol_type="HTTP",
        disable_execute_api_endpoint=True,  # nobody goes round the domain
        tags=plan.tags,
        opts=where.opts,
    )
    integration = aws.apigatewayv2.Integration(
        f"{plan.name}-api-function",
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_method="POST",
        integration_uri=alias.invoke_arn,
        payload_format_version="2.0",
        timeout_milliseconds=plan.timeout * 1000,
        opts=where.opts,
    )
    authorization, authorizer = _authorization(plan, where, api)
    route = aws.apigatewayv2.Route(
        f"{plan.name}-api-route",
        api_id=api.id,
        route_key=f"POST {PREDICT}",
        target=pulumi.Output.format("integrations/{0}", integration.id),
        authorization_type=authorization,
        authorizer_id=authorizer,
        opts=where.opts,
    )
    group = log_group(plan, where, key, f"/aws/apigateway/{plan.physical_name}", suffix="api-logs")
    stage = aws.apigatewayv2.Stage(
        f"{plan.name}-api-stage",
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        access_log_settings=aws.apigatewayv2.StageAccessLogSettingsArgs(
            destination_arn=group.arn, format=json.dumps(_LINE)
        ),
        default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
            throttling_rate_limit=plan.requests_per_second,
            throttling_burst_limit=plan.requests_at_once,
        ),
        tags=plan.tags,
        opts=where.after(route),
    )
    calling = aws.lambda_.Permission(
        f"{plan.name}-api-permission",
        statement_id="http-api",
        action="lambda:InvokeFunction",
        function=alias.function_name,
        qualifier=alias.name,
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.format("{0}/*/*{1}", api.execution_arn, PREDICT),
        opts=where.opts,
    )
    return FunctionEntry(
        pulumi.Output.from_input(f"https://{plan.naming.domain}"),
        "url" if plan.naming.hosted_zone and plan.issuer is None else "invoke",
        [calling, *_domain(plan, where, api, stage)],
    )


def _authorization(
    plan: LambdaPlan, where: Account, api: aws.apigatewayv2.Api
) -> tuple[str, pulumi.Output[str] | None]:
    """Who may use the route: IAM, tokens, or everybody where the service itself asks who calls."""
    if plan.own_auth:
        return "NONE", None
    if plan.issuer is None:
        return "AWS_IAM", None
    tokens = aws.apigatewayv2.Authorizer(
        f"{plan.name}-api-tokens",
        api_id=api.id,
        name="tokens",
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration=aws.apigatewayv2.AuthorizerJwtConfigurationArgs(
            issuer=plan.issuer, audiences=list(plan.audiences)
        ),
        opts=where.opts,
    )
    return "JWT", tokens.id


def _domain(
    plan: LambdaPlan,
    where: Account,
    api: aws.apigatewayv2.Api,
    stage: aws.apigatewayv2.Stage,
) -> list[pulumi.Resource]:
    name = aws.apigatewayv2.DomainName(
        f"{plan.name}-api-domain",
        domain_name=str(plan.naming.domain),
        domain_name_configuration=aws.apigatewayv2.DomainNameDomainNameConfigurationArgs(
            certificate_arn=certificate(plan, where, plan.naming),
            endpoint_type="REGIONAL",
            security_policy="TLS_1_2",
        ),
        tags=plan.tags,
        opts=where.opts,
    )
    mapping = aws.apigatewayv2.ApiMapping(
        f"{plan.name}-api-mapping",
        api_id=api.id,
        domain_name=name.domain_name,
        stage=stage.name,
        opts=where.opts,
    )
    target = name.domain_name_configuration
    pointing = point_domain(
        plan,
        where,
        plan.naming,
        address=target.apply(lambda found: str(found.target_domain_name)),
        zone=target.apply(lambda found: str(found.hosted_zone_id)),
    )
    return [mapping, *pointing]


def _permission(
    plan: LambdaPlan, where: Account, alias: aws.lambda_.Alias, suffix: str, principal: str
) -> aws.lambda_.Permission:
    return aws.lambda_.Permission(
        f"{plan.name}-{suffix}",
        statement_id=suffix,
        action="lambda:InvokeFunction",
        function=alias.function_name,
        qualifier=alias.name,
        principal=principal,
        opts=where.opts,
    )
