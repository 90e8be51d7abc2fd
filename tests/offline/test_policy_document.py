"""Policy documents: the provider's own answers, to the byte."""

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.errors import ConfigError
from modelport.offline.policy_document import policy_document

# The example of the provider's documentation and what it says that it gives.
EXAMPLE: dict[str, Any] = {
    "statements": [
        {
            "sid": "1",
            "actions": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"],
            "resources": ["arn:aws:s3:::*"],
        },
        {
            "actions": ["s3:ListBucket"],
            "resources": ["arn:aws:s3:::bucket"],
            "conditions": [
                {
                    "test": "StringLike",
                    "variable": "s3:prefix",
                    "values": ["", "home/", "home/&{aws:username}/"],
                }
            ],
        },
    ]
}
EXPECTED = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "1",
      "Effect": "Allow",
      "Action": [
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation"
      ],
      "Resource": "arn:aws:s3:::*"
    },
    {
      "Effect": "Allow",
      "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::bucket",
      "Condition": {
        "StringLike": {
          "s3:prefix": [
            "",
            "home/",
            "home/${aws:username}/"
          ]
        }
      }
    }
  ]
}"""


def document(**arguments: Any) -> Any:
    return json.loads(str(policy_document(arguments)["minifiedJson"]))


def statements(**arguments: Any) -> Any:
    return document(**arguments)["Statement"]


def test_the_documented_example() -> None:
    found = policy_document(EXAMPLE)
    assert found["json"] == EXPECTED
    assert json.loads(str(found["minifiedJson"])) == json.loads(EXPECTED)
    assert " " not in str(found["minifiedJson"])


def test_an_empty_document() -> None:
    assert document() == {"Version": "2012-10-17"}


@pytest.mark.parametrize(
    ("principals", "expected"),
    [
        ([{"type": "*", "identifiers": ["*"]}], "*"),
        ([{"type": "AWS", "identifiers": ["*"]}], {"AWS": "*"}),
        ([{"type": "AWS", "identifiers": ["a", "b", "b"]}], {"AWS": ["b", "a"]}),
        (
            [
                {"type": "Service", "identifiers": ["a"]},
                {"type": "AWS", "identifiers": ["b"]},
                {"type": "Service", "identifiers": ["c"]},
            ],
            {"AWS": "b", "Service": ["a", "c"]},
        ),
    ],
)
def test_principals(principals: list[Any], expected: Any) -> None:
    assert statements(statements=[{"principals": principals}])[0]["Principal"] == expected
    assert statements(statements=[{"notPrincipals": principals}])[0]["NotPrincipal"] == expected


def test_what_is_excluded_and_denied() -> None:
    found = statements(
        statements=[{"effect": "Deny", "notActions": ["a:*"], "notResources": ["b", "c"]}]
    )
    assert found == [{"Effect": "Deny", "NotAction": "a:*", "NotResource": ["c", "b"]}]


def test_conditions_of_one_test_are_put_together() -> None:
    condition = {"test": "StringEquals", "variable": "aws:x"}
    found = statements(
        statements=[
            {
                "conditions": [
                    {**condition, "values": ["b"]},
                    {**condition, "values": ["a"]},
                    {**condition, "variable": "aws:y", "values": ["c"]},
                ]
            }
        ]
    )
    assert found[0]["Condition"] == {"StringEquals": {"aws:x": ["b", "a"], "aws:y": "c"}}


def sources(*sids: str, **fields: Any) -> str:
    listed = [{"Sid": sid, "Effect": "Deny", "Action": f"{sid}:*"} for sid in sids]
    return json.dumps({"Version": "2012-10-17", "Statement": listed, **fields})


def test_sources_come_first_and_overrides_win_by_sid() -> None:
    found = document(
        sourcePolicyDocuments=[sources("a", "b", Id="first")],
        statements=[{"sid": "b", "actions": ["own"]}, {"actions": ["none"]}],
        overridePolicyDocuments=[sources("a", ""), sources("c")],
    )
    assert [(item.get("Sid"), item["Action"]) for item in found["Statement"]] == [
        ("a", "a:*"),
        ("b", "own"),
        (None, "none"),
        (None, ":*"),
        ("c", "c:*"),
    ]
    assert found["Id"] == "first"


def test_a_newer_version_of_a_source_is_taken() -> None:
    old = json.dumps({"Version": "2008-10-17", "Statement": []})
    assert document(version="2008-10-17", sourcePolicyDocuments=[old])["Version"] == "2008-10-17"
    assert document(sourcePolicyDocuments=[old])["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"statements": [{"sid": "a"}, {"sid": "a"}]}, "statements: sid 'a' is there twice"),
        (
            {"sourcePolicyDocuments": [sources("a"), sources("a")]},
            r"sourcePolicyDocuments\[1\]: sid 'a' is there twice",
        ),
        ({"overridePolicyDocuments": ["{"]}, r"overridePolicyDocuments\[0\]: not JSON"),
        ({"sourcePolicyDocuments": ["[]"]}, "no policy document"),
        (
            {"version": "2008-10-17", "statements": [{"resources": ["&{aws:username}"]}]},
            "needs version 2012-10-17",
        ),
    ],
)
def test_mistakes_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        policy_document(arguments)


WORDS = st.text(string.ascii_letters + ":*", min_size=1, max_size=8)
STATEMENT = st.fixed_dictionaries(
    {
        "actions": st.lists(WORDS, min_size=1, max_size=4),
        "resources": st.lists(WORDS, min_size=1, max_size=4),
    }
)


@given(st.lists(STATEMENT, min_size=1, max_size=4))
def test_a_document_is_its_own_source(given_statements: list[Any]) -> None:
    first = policy_document({"statements": given_statements})
    again = policy_document({"sourcePolicyDocuments": [first["json"]]})
    assert again == first
    for given_one, found in zip(
        given_statements, json.loads(str(first["json"]))["Statement"], strict=True
    ):
        actions = found["Action"] if isinstance(found["Action"], list) else [found["Action"]]
        assert sorted(actions) == sorted(set(given_one["actions"]))
