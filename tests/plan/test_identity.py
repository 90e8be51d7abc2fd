"""Tokens, limits and spans in plans: what is decided, what is refused and what a container gets."""

import json
from typing import Any

import pytest

from modelport import platforms
from modelport.config import parse
from modelport.errors import ConfigError, PlanError
from modelport.plan import DeploymentPlan, PlanContext
from modelport.platforms.container import caller_key, container_variables
from modelport_serving.settings import OidcTokens, read_settings
from platforms.planning import deployment
from records import VERSION, record

OIDC = {
    "issuer": "https://login.example.com/t",
    "audience": "cancer",
    "claims": {"role": ["a", "b"]},
}
SERVING = {
    "rate_limit": {"requests_per_second": 5, "burst": 20},
    "telemetry": {"otlp_endpoint": "http://collector:4318", "sample_percent": 10},
}
CARRIED = ("cryptography", "opentelemetry-exporter-otlp-proto-http", "pyjwt")
LOCAL = {"kind": "local", "port": 3000}
RUN = {"kind": "gcp.cloud_run", "region": "europe-west1", "project": "clinic-1"}


def plan(target: dict[str, Any], carried: tuple[str, ...] = CARRIED, **more: Any) -> DeploymentPlan:
    found = record().model_copy(update={"requirements": carried})
    config = deployment(target, **{"auth": {"oidc": OIDC}, "serving": SERVING, **more})
    return platforms.plan("cancer", config, found, PlanContext(stack="dev", environment="dev"))


def refused(target: dict[str, Any], **more: Any) -> str:
    with pytest.raises(PlanError) as caught:
        plan(target, **more)
    return str(caught.value)


def test_facts_say_who_is_let_in_and_how_often() -> None:
    facts = plan(LOCAL).facts()
    assert facts["auth"] == "oidc"
    assert facts["oidc"] == "tokens of https://login.example.com/t for cancer, role a or b"
    assert facts["rate_limit"] == "5 a second, 20 at once"
    assert facts["telemetry"] == "10 % of the requests to http://collector:4318"


def test_a_bundle_that_does_not_carry_the_libraries_is_refused() -> None:
    said = refused(LOCAL, carried=("bentoml",))
    assert said == (
        f"cancer: auth.oidc and serving.telemetry: breast_cancer@{VERSION} does not carry what its "
        'server needs for it; write service_requirements=("cryptography", '
        '"opentelemetry-exporter-otlp-proto-http", "pyjwt") in bentos/breast_cancer/training.py, '
        "then run: modelport build breast_cancer"
    )
    one = refused(LOCAL, carried=("cryptography", "pyjwt"))
    assert 'service_requirements=("opentelemetry-exporter-otlp-proto-http",)' in one


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "aws.sagemaker", "region": "eu-west-1", "instance": "ml.m5.large"},
        {"kind": "gcp.vertex", "region": "europe-west1", "project": "clinic-1"},
    ],
    ids=lambda target: target["kind"],
)
def test_where_the_platform_authenticates_tokens_are_refused(target: dict[str, Any]) -> None:
    said = refused(target)
    assert f"cancer: auth: oidc is not on {target['kind']}: " in said
    assert said.partition("\n")[0].endswith("; write auth: platform")


def test_containers_without_a_way_out_cannot_ask_an_issuer() -> None:
    target = {"kind": "docker", "port": 3000}
    said = refused(target)
    assert "auth.oidc: the containers open no connection to other machines" in said
    assert "serving.telemetry: the containers open no connection to other machines" in said
    assert plan({**target, "egress": True}).own_auth


def test_a_private_function_is_signed_for_already() -> None:
    target = {"kind": "aws.lambda", "region": "eu-west-1"}
    assert "auth: oidc: whoever calls a private function signs with IAM already" in refused(target)


def test_a_container_gets_what_its_server_reads() -> None:
    made: Any = plan(RUN, exposure="public")
    assert made.own_auth
    assert any("must reach https://login.example.com/t for the keys" in it for it in made.notes)
    assert any("must reach http://collector:4318 for its spans" in it for it in made.notes)
    key = caller_key(made, opts=None)  # pyright: ignore[reportArgumentType] - no key is declared
    assert key.value is None
    variables = container_variables(made, key)
    settings = read_settings({name: str(value) for name, value in variables.items()})
    assert isinstance(settings.auth, OidcTokens)
    assert settings.auth.model_dump(exclude={"kind"}) == OIDC
    written = json.loads(settings.model_dump_json(include={"rate_limit", "telemetry"}))
    assert written == SERVING


def test_another_issuer_is_another_revision() -> None:
    first: Any = plan(RUN, exposure="public")
    other: Any = plan(RUN, exposure="public", auth={"oidc": {**OIDC, "audience": "other"}})
    assert first.revision != other.revision


@pytest.mark.parametrize(
    ("auth", "says"),
    [
        ("oidc", "auth"),
        ({"oidc": {"issuer": "https://a.example.com"}}, "audience"),
        ({"oidc": {**OIDC, "issuer": "http://a.example.com"}}, "reached without TLS"),
        ({"oidc": {**OIDC, "claims": {"role": []}}}, "claims"),
        ({"oidc": {**OIDC, "key": "x"}}, "key"),
    ],
)
def test_what_is_no_issuer(auth: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(
            {
                "deployments": {
                    "cancer": {"bundle": "b", "owner": "o", "target": LOCAL, "auth": auth}
                }
            }
        )
