"""Documents in inputs: their grammar, and the actions that they name."""

import json
from typing import Any

import pytest

from aws_arguments.api_models import problems
from aws_arguments.documents import dashboard, identity_policy, image_lifecycle, resource_policy
from aws_arguments.documents import trust_policy as trust
from aws_arguments.valid_documents import AT_RESOURCE, TRUST, policy
from aws_arguments.valid_inputs import INPUTS


@pytest.mark.parametrize(
    "action", ["s3:GetObject", "s3:Get*", "*", "kms:*", ["ecr:BatchGetImage", "logs:PutLogEvents"]]
)
def test_actions_of_aws_pass(action: Any) -> None:
    assert identity_policy(policy(Action=action)) == []


@pytest.mark.parametrize(
    "action",
    ["s3:ReadObject", "s3:Gett*", "bucket:GetObject", "GetObject", ["s3:GetObject", "x:y"]],
)
def test_actions_that_aws_does_not_have_are_found(action: Any) -> None:
    found = identity_policy(policy(Action=action))
    assert any("is no action of AWS" in problem for problem in found), found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Effect": "Permit"}, "'Permit' is not one of"),
        ({"Sid": "no spaces"}, "does not match"),
        ({"Resource": "models"}, "does not match"),
        ({"Principal": "*"}, "'Principal' was unexpected"),
        ({"NotResource": "*"}, "must have one of Resource and NotResource"),
        ({"Condition": {"StringEqual": {"aws:SourceAccount": "1"}}}, "'StringEqual'"),
        ({"Actions": "s3:GetObject"}, "'Actions' was unexpected"),
    ],
)
def test_mistakes_in_a_statement_are_found(change: dict[str, Any], said: str) -> None:
    found = identity_policy(policy(**change))
    assert any(said in problem for problem in found), found


def test_a_policy_at_a_resource_says_for_whom() -> None:
    assert resource_policy(AT_RESOURCE) == []
    assert resource_policy(policy())
    assert trust(TRUST) == []
    assert trust(policy())


@pytest.mark.parametrize("text", ["{", "[]", "", None, 7])
def test_what_is_no_json_object_is_found(text: Any) -> None:
    for check in (identity_policy, resource_policy, trust, dashboard, image_lifecycle):
        assert len(check(text)) == 1


def test_a_statement_twice_is_found() -> None:
    statement = json.loads(policy(Sid="Reads"))["Statement"][0]
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement, statement]})
    assert any("Sid twice" in problem for problem in identity_policy(text))


def test_widgets_have_types() -> None:
    assert dashboard('{"widgets": [{"type": "graph", "properties": {}}]}')
    assert dashboard('{"widgets": [{"type": "metric"}]}')


def test_images_are_forgotten_by_rules_that_exist() -> None:
    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    body = json.loads(INPUTS[token]["policy"])
    body["rules"][0]["selection"]["countType"] = "olderThan"
    found = problems(token, {**INPUTS[token], "policy": json.dumps(body)})
    assert len(found) == 1
    assert "'olderThan' is not one of" in found[0]
