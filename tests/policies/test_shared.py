"""What rules share, each part alone: what counts, what does not, and which words come out."""

from collections.abc import Sequence
from typing import Any, cast

import jsonschema
import pytest

from modelport_policies import RULES
from modelport_policies.components import COMPONENTS, UnlessServed
from modelport_policies.conditions import declared_fixed, declared_public, is_there
from modelport_policies.demands import (
    all_of,
    has_at_least,
    is_none_of,
    is_not_true,
    is_one_of,
    is_set,
    is_true,
    within,
)
from modelport_policies.exemptions import SCHEMA, SHORTEST_REASON, Exemption, decide
from modelport_policies.machine_types import has_gpu, is_old
from modelport_policies.openings import ADMIN_PORTS, admin_ports, is_everywhere
from modelport_policies.pack import findings, policies
from modelport_policies.paths import places, shown
from modelport_policies.relations import at_most, of_type, refers, without_partner
from modelport_policies.remedies import mend
from modelport_policies.rule import Reads, Resource, Rule
from modelport_policies.secret_words import could_be_secret
from modelport_policies.values import MISSING, UNKNOWN, Absent, flag
from modelport_policies.workloads import LONGEST_NAME, PODS, containers, is_plain, label
from rule_variations import SECRET
from rule_variations import UNKNOWN as LATER

EXEMPTION = {"resource": "demo*", "reason": "fair stand, no data", "expires": "2027-01-31"}


def rule(rule_id: str) -> Rule:
    return next(each for each in RULES if each.id == rule_id)


def said(check: Any, properties: dict[str, Any]) -> list[str]:
    return list(check(resource(**properties), {"most": 3}))


def resource(**properties: Any) -> Resource:
    return Resource("t", "n", "urn", properties)


# exemptions


def accepts(value: Any) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


def test_the_schema_of_exemptions_takes_what_is_whole() -> None:
    assert SCHEMA["default"] == []
    assert SCHEMA["description"]
    assert SCHEMA["items"]["properties"]["resource"]["description"]
    assert accepts([])
    assert accepts([EXEMPTION, EXEMPTION])
    assert accepts([EXEMPTION | {"reason": "a" * SHORTEST_REASON}])


@pytest.mark.parametrize(
    "wrong",
    [
        EXEMPTION,
        "all",
        ["all"],
        [EXEMPTION | {"more": 1}],
        [EXEMPTION | {"resource": 7}],
        [EXEMPTION | {"reason": ["a"] * 20}],
        [EXEMPTION | {"reason": "a" * (SHORTEST_REASON - 1)}],
        [EXEMPTION | {"expires": "31.01.2027"}],
        [EXEMPTION | {"expires": 20270131}],
        *([{k: v for k, v in EXEMPTION.items() if k != key}] for key in EXEMPTION),
    ],
)
def test_the_schema_of_exemptions_refuses_what_is_not(wrong: object) -> None:
    assert not accepts(wrong)


def test_one_exemption_that_counts_is_enough() -> None:
    late, good, other = Exemption("a*", "late"), Exemption("ab"), Exemption("b", "never")
    assert decide([], "ab") == (False, "")
    assert decide([late], "ab") == (False, "late")
    assert decide([late, Exemption("*", "odd"), other], "ab") == (False, "late; odd")
    assert decide([late, good], "ab") == (True, "")
    assert decide([good], "abc") == (False, "")


# components


@pytest.mark.parametrize(
    "name",
    ["ManagedEndpoint", "EdgeFleet", "ServerlessPredictor", "BatchScorer", "OnPremK8sService"],
)
def test_components_are_known_by_their_last_word(name: str) -> None:
    assert len(COMPONENTS) == 5
    assert rule("owner-present").concerns(f"modelport:index:{name}")
    assert not rule("owner-present").concerns(f"modelport:index:{name}s")


def test_inside_a_component_the_server_asks_itself() -> None:
    check = UnlessServed(is_true("closed", "so it is open"))
    kind = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember"
    for inside in ("modelport:index:ServerlessPredictor$", "ours:Team$modelport:index:AppService$"):
        item = Resource(kind, "n", f"urn:pulumi:prod::p::{inside}{kind}::n", {})
        assert list(check(item, {})) == []
    for outside in ("", "ours:Team$", "modelport:local:Server$", "amodelport:index:AppService$"):
        item = Resource(kind, "n", f"urn:pulumi:prod::p::{outside}{kind}::n", {})
        assert len(list(check(item, {}))) == 1


def test_a_check_in_a_component_reads_and_demands_what_it_holds() -> None:
    inner = all_of(is_true("a", ""), is_not_true("b", ""))
    assert UnlessServed(inner).reads == (Reads("a", "fails"), Reads("b", "passes"))
    assert UnlessServed(inner).demands == inner.demands
    assert UnlessServed(lambda resource, settings: ()).reads == ()
    assert UnlessServed(lambda resource, settings: ()).demands == ()


# conditions


@pytest.mark.parametrize("where", ["tags", "labels"])
def test_what_somebody_meant_is_said_by_a_tag_or_a_label(where: str) -> None:
    for condition, key, word in (
        (declared_public, "exposure", "public"),
        (declared_fixed, "scaling", "fixed"),
    ):
        assert condition({where: {key: word}})
        assert condition({where: {key: LATER}})
        assert condition({where: LATER})
        assert not condition({where: {key: "private"}})
        assert not condition({where: {word: key}})
        assert not condition({})


def test_what_is_there_is_filled_or_unknown() -> None:
    condition = is_there("a", "b")
    for value in ("x", ["x"], {"x": 1}, LATER):
        assert condition({"a": {"b": value}}), value
    for value in ("", [], {}, None, 7):
        assert not condition({"a": {"b": value}}), value


# demands


def test_a_finding_names_the_place_once() -> None:
    assert said(is_true("a[].b", "so {} stays"), {"a": [{}, {"b": True}]}) == [
        "does not set a[0].b to true, so {} stays"
    ]
    assert said(is_one_of("a", ["X"], "so"), {}) == ["sets no a ('X'), so"]
    assert said(is_one_of("a", ["X", "Y", "Z"], "so"), {"a": "q"}) == [
        "has another a than 'X', 'Y' or 'Z', so"
    ]
    assert said(is_none_of("a", ("X",), "so"), {"a": "X"}) == ["has a 'X', so"]


def test_of_two_demands_the_stricter_verdict_is_told() -> None:
    strict, mild = is_true("a", ""), is_not_true("a", "")
    for demands in ((strict, mild), (mild, strict)):
        assert all_of(*demands).reads == (Reads("a", "fails"),)
    assert all_of(mild, mild).reads == (Reads("a", "passes"),)


def test_yes_or_no_is_nothing_that_is_filled() -> None:
    for value in (True, False, 7, "", [], {}, None):
        assert said(is_set("a", "so"), {"a": value}) == ["sets no a, so"]
    for value in ("x", ["x"], {"x": 1}, LATER):
        assert said(is_set("a", "so"), {"a": value}) == []


def test_numbers_have_a_least_and_a_largest() -> None:
    check = within("a", 1, "most", "so")
    assert said(check, {"a": 0}) == ["has a 0, less than 1, so"]
    assert said(check, {"a": "4"}) == ["has a 4, more than 3, so"]
    assert said(check, {"a": 3}) == said(check, {"a": 1}) == said(check, {"a": LATER}) == []
    assert said(check, {}) == said(check, {"a": ""}) == ["sets no a, so"]
    assert said(within("a", None, None, "so", absent="passes"), {}) == []
    assert said(has_at_least("a", 2, "so"), {"a": ["x"]}) == ["has 1 in a, fewer than 2, so"]
    assert said(has_at_least("a", 2, "so"), {"a": ["x", LATER]}) == []
    assert said(has_at_least("a", 1, "so"), {"a": "text"}) == ["has 0 in a, fewer than 1, so"]


# paths and remedies


def test_places_go_through_lists_and_objects() -> None:
    tree = {"a": [{"b": 1}, {"b": LATER}, "x", {}], "c": LATER}
    assert list(places(tree, "a[].b")) == [
        (("a", 0, "b"), 1),
        (("a", 1, "b"), UNKNOWN),
        (("a", 2, "b"), MISSING),
        (("a", 3, "b"), MISSING),
    ]
    assert list(places(tree, "c.d[].e")) == [(("c",), UNKNOWN)]
    assert list(places(tree, "c[]")) == [(("c",), UNKNOWN)]
    assert list(places(tree, "z[].b")) == []
    assert list(places(tree, "z.b")) == [(("z", "b"), MISSING)]
    assert shown(("a", 1, "b")) == "a[1].b"
    assert shown((0, "b")) == "[0].b"


def test_a_remedy_writes_in_place_and_leaves_what_is_unknown() -> None:
    tree: dict[str, Any] = {"a": {"x": 1}, "b": LATER, "c": [{}, {"d": 1}, "x"], "e": None}
    mended = mend(tree, {"a.y": 2, "b": 3, "c[].d": 4, "e.f": [5], "g[].h": 6})
    assert mended is tree
    assert tree == {
        "a": {"x": 1, "y": 2},
        "b": LATER,
        "c": [{"d": 4}, {"d": 4}, "x"],
        "e": {"f": [5]},
    }
    assert mend({"a": "text", "b": LATER}, {"a.x": 1, "b.x": 1}) == {"a": "text", "b": LATER}


# openings and machine types


def test_ports_of_administration_are_told_with_their_names() -> None:
    assert admin_ports(0, 65535) == [
        "22 (SSH)",
        "2375 (Docker)",
        "3389 (RDP)",
        "5000 (MLflow)",
        "6443 (Kubernetes)",
        "8265 (Ray)",
        "8888 (Jupyter)",
        "9090 (Prometheus)",
    ]
    for port in ADMIN_PORTS:
        assert len(admin_ports(port, port)) == 1
        assert admin_ports(port + 1, port + 1) == admin_ports(port - 1, port - 1) == []


def test_half_the_internet_is_everywhere() -> None:
    for range_ in ("0.0.0.0/0", " 128.0.0.0/1 ", "::/0", "*", "Any", "Internet", "10.0.0.1/1"):
        assert is_everywhere(range_), range_
    for range_ in ("0.0.0.0/2", "10.0.0.0/8", "everywhere", "", 0, None, ["*"], MISSING, UNKNOWN):
        assert not is_everywhere(cast("Any", range_)), range_


@pytest.mark.parametrize(
    ("cloud", "gpus", "old", "new"),
    [
        ("aws", ["g5.xlarge", "ml.p4d.24xlarge", "inf2.xlarge", "trn1.2xlarge", "dl1.24xlarge",
                 "gr6.4xlarge"],
         ["t2.micro", "ml.m4.xlarge", "c3.large", "r4.large", "i2.xlarge", "p2.xlarge", "t1.micro",
          "g3.4xlarge"],
         ["m7i.large", "ml.c6i.large", "t3.small", "r5.large"]),
        ("gcp", ["a2-highgpu-1g", "a3-highgpu-8g", "a4-x", "g2-standard-4", "g4-standard-48"],
         ["f1-micro", "g1-small"], ["e2-small", "n2-standard-2"]),
        ("azure", ["Standard_NC4as_T4_v3", "standard_nv6"],
         ["Standard_A2_v2", "Standard_DS2_v2", "Standard_D2_v2", "Standard_NC6", "Standard_NV12",
          "Standard_NC6s_v2", "Standard_A2m_v2"],
         ["Standard_D2s_v5", "Standard_E2s_v5"]),
    ],
)  # fmt: skip
def test_families(cloud: str, gpus: list[str], old: list[str], new: list[str]) -> None:
    for name in gpus:
        assert has_gpu(cloud, name), name
    for name in old:
        assert is_old(cloud, name), name
    for name in new:
        assert not has_gpu(cloud, name), name
        assert not is_old(cloud, name), name


# relations


def test_a_partner_names_its_owner_by_dependency_name_or_path() -> None:
    owner = Resource("o", "n", "urn:o", {"name": "cancer", "arn": LATER})
    by, names = ("target", "deep.name"), ("name", "arn")

    def named(properties: dict[str, Any], **uses: Sequence[str]) -> bool:
        found = {key: tuple(value) for key, value in uses.items()}
        return refers(Resource("p", "p", "urn:p", properties, "", found), owner, by, names)

    assert named({}, target=["urn:o"])
    assert named({"deep": {"name": LATER}}, deep=["urn:o"])
    assert named({"target": LATER})
    assert not named({"target": LATER}, target=["urn:x"])
    for value in ("cancer", "a/cancer", "arn:x:cancer"):
        assert named({"target": value}), value
        assert named({"deep": {"name": value}}), value
    for value in ("cancers", "acancer", "cancer/a", "", 7):
        assert not named({"target": value}), value
    assert not named({"other": "cancer"})
    nameless = Resource("o", "n", "urn:o", {"name": ""})
    assert not refers(Resource("p", "p", "urn:p", {"target": "a/"}), nameless, by, names)


def test_owners_without_partner_and_too_many_of_a_type() -> None:
    owners = [Resource("o", name, name, {"name": name}) for name in ("a", "b")]
    partners = [Resource("p", "p", "p", {"by": "b"})]
    assert list(without_partner(owners, partners, ("by",), ("name",))) == [owners[0]]
    assert of_type([*owners, *partners], "p", "q") == partners
    check = at_most("o", "owners")
    assert list(check([*owners, *partners], {"most": 1})) == ["has more than 1, which is 2 owners"]
    assert list(check([*owners, *partners], {"most": 2})) == []


# values, secrets and workloads


def test_yes_and_no_are_read_from_text_as_well() -> None:
    assert [flag(value) for value in (True, False, "TRUE", "false")] == [True, False, True, False]
    assert [flag(value) for value in ("yes", "", 1, MISSING)] == [None] * 4
    assert {item.value for item in Absent} == {"missing", "unknown"}


@pytest.mark.parametrize(
    "value",
    [
        "", "0", "1", "false", "no", "None", "null", "off", "on", "true", "YES", " true ",
        "ManagedIdentity", "workloadidentity", "arn:aws:ssm:eu-west-1:1:parameter/a",
        "projects/p/secrets/s", "vault://a", "secretref:a", "$(KEY)", "${KEY}",
        "@Microsoft.KeyVault(SecretUri=a)",
    ],
)  # fmt: skip
def test_switches_and_references_are_no_secrets(value: str) -> None:
    assert not could_be_secret(value)
    assert could_be_secret(f"hunter2-{value}")


def test_pods_are_where_their_types_keep_them() -> None:
    pod = {"containers": [{"name": "model"}, "x", {"name": SECRET}], "initContainers": [{}]}
    for kind, path in PODS.items():
        tree: Any = pod
        for key in reversed(path):
            tree = {key: tree}
        found = Resource(kind, "n", "urn", tree)
        names = [name for name, _ in containers(found, path, ("containers", "initContainers"))]
        assert names == ["containers[0] 'model'", "containers[2]", "initContainers[0]"]
    assert len(PODS) == 8


def test_a_name_is_shown_when_it_is_plain() -> None:
    assert label({"name": "a" * LONGEST_NAME}, "x") == f"x '{'a' * LONGEST_NAME}'"
    for name in ("a" * (LONGEST_NAME + 1), "a b", "", SECRET, 7, LATER):
        assert label({"name": name}, "x") == "x", name
    assert is_plain("a-b_c.D1")
    assert not is_plain("")
    assert not is_plain("-")


# packs


def test_a_policy_carries_what_its_rule_says() -> None:
    owner = rule("owner-present")
    (policy,) = policies([owner], "prod")
    assert policy.config_schema is not None
    assert policy.config_schema.properties["exemptions"] == SCHEMA
    assert policy.severity is not None
    assert policy.severity.value == owner.severity
    assert policy.remediation_steps == owner.fix
    limit = rule("monthly-limit")
    (policy,) = policies([limit], "prod")
    assert policy.config_schema is not None
    (name, parameter), *_ = limit.parameters.items()
    assert policy.config_schema.properties[name] == {
        "type": "number",
        "minimum": 0,
        "default": parameter.default,
        "description": parameter.about,
    }


def test_a_message_names_the_resource_and_its_late_exemption() -> None:
    (found,) = findings(
        rule("owner-present"),
        Resource("modelport:index:LocalService", "cancer", "urn", {}),
        {"exemptions": [EXEMPTION | {"resource": "*", "expires": "2020-01-31"}]},
    )
    assert found.startswith("cancer names no owner (its exemption ended on 2020-01-31)\n  why:")
