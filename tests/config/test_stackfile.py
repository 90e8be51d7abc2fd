"""Stack files: what is valid, and what is said about what is not."""

from pathlib import Path
from typing import Any

import pytest

from modelport.config import (
    TARGETS,
    Deployment,
    Gate,
    LocalTarget,
    Threshold,
    parse,
    read_stack_file,
)
from modelport.config.stackfile import NO_CONFIG, mentions_namespace, read_settings
from modelport.errors import ConfigError

KINDS = ", ".join(TARGETS)
GOOD = """\
config:
  aws:region: eu-west-1
  modelport:deployments:
    cancer:
      bundle: breast_cancer
      owner: diagnostics
      target: {kind: local, port: 3000}
      gate: {f1: {min: 0.95}, beat: [baseline, live]}
"""

WRONG: dict[str, Any] = {
    "bundle": "Breast Cancer",
    "ownr": "x",
    "target": {"kind": "local", "port": 80},
}


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_stack_file(file)
    return caught.value.problems


def test_a_program_is_told_every_mistake_as_a_file_is() -> None:
    with pytest.raises(ConfigError) as caught:
        _ = Deployment(**WRONG)
    assert caught.value.problems == [
        "Deployment.ownr: unknown key; write 'owner' instead",
        "Deployment.bundle: 'Breast Cancer' is not allowed; allowed: bundle to serve: `name` for "
        "the newest that passes the gate, `name@digest` for exactly one; did you mean "
        "'breast_cancer'?",
        "Deployment.target.port: 80 is not allowed; allowed: 1024 to 65535; nearest: 1024",
    ]


def test_a_file_and_python_give_the_same_objects(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(GOOD)
    written = Deployment(
        bundle="breast_cancer",
        owner="diagnostics",
        target=LocalTarget(port=3000),
        gate=Gate(f1=Threshold(min=0.95), beat=frozenset({"baseline", "live"})),
    )
    assert read_stack_file(file).deployments == {"cancer": written}


def test_a_misspelt_key_is_one_line_with_the_right_word(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace("target:", "taget:")) == [
        "Pulumi.dev.yaml:7: modelport:deployments.cancer.taget: unknown key; write 'target' instead"
    ]


@pytest.mark.parametrize(
    ("wrong", "right", "line", "said"),
    [
        ("kind: edge", "kind: local", 7,
         f"cancer.target.kind: edge: not in this version; available: {KINDS}"),
        ("kind: lokal", "kind: local", 7,
         "cancer.target.kind: 'lokal' is not a kind of target; did you mean 'local'?; "
         f"available: {KINDS}"),
        ("kind: aws.sagemaker, regin: eu-west-1", "kind: local, port: 3000", 7,
         "cancer.target.regin: unknown key; write 'region' instead"),
        ("kind: aws.sagemaker, region: eu-west-1, instance: m5.large", "kind: local, port: 3000", 7,
         "cancer.target.instance: 'm5.large' is not allowed; allowed: instance type of the "
         "endpoint, e.g. `ml.m5.large` or `ml.g5.xlarge`"),
        ("[local]", "{kind: local, port: 3000}", 7,
         "cancer.target: should be a mapping, e.g. {kind: local, port: 3000}, got ['local']"),
        ("port: 80", "port: 3000", 7,
         "cancer.target.port: 80 is not allowed; allowed: 1024 to 65535; nearest: 1024"),
        ("port: 99999", "port: 3000", 7,
         "cancer.target.port: 99999 is not allowed; allowed: 1024 to 65535; nearest: 65535"),
        ("prot: 3000", "port: 3000", 7,
         "cancer.target.prot: unknown key; write 'port' instead"),
        ("port: 3000, host: here", "port: 3000", 7,
         "cancer.target.host: 'here': should be an IP address, e.g. 127.0.0.1 (this machine) "
         "or 0.0.0.0 (every network)"),
        ("beat: [baselin]", "beat: [baseline, live]", 8,
         "cancer.gate.beat[0]: 'baselin' is not allowed; allowed: baseline, live; "
         "did you mean 'baseline'?"),
        ("f1: {}", "f1: {min: 0.95}", 8,
         "cancer.gate.f1: {}: give min, max or both, e.g. {min: 0.95}"),
        ("f1: 0.95", "f1: {min: 0.95}", 8,
         "cancer.gate.f1: should be a mapping with the keys min, max, got 0.95"),
        ("owner: diagnostics\n      workload: {rate: 0}", "owner: diagnostics", 7,
         "cancer.workload.rate: 0 is not allowed; allowed: more than 0"),
        ("owner: diagnostics\n      workload: {rate: 10000000000}", "owner: diagnostics", 7,
         "cancer.workload.rate: 10000000000 is not allowed; allowed: any to 1000000000; "
         "nearest: 1000000000"),
        ("bundle: Cancer", "bundle: breast_cancer", 5,
         "cancer.bundle: 'Cancer' is not allowed; allowed: bundle to serve: `name` for the newest "
         "that passes the gate, `name@digest` for exactly one; did you mean 'cancer'?"),
    ],
)  # fmt: skip
def test_each_mistake_names_path_value_and_fix(
    tmp_path: Path, wrong: str, right: str, line: int, said: str
) -> None:
    assert problems(tmp_path, GOOD.replace(right, wrong)) == [
        f"Pulumi.dev.yaml:{line}: modelport:deployments.{said}"
    ]


def test_all_mistakes_come_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = GOOD.replace("owner: diagnostics", "ownr: x").replace("port: 3000", "port: 1")
    text += "  modelport:enviroment: prod\n"
    found = problems(tmp_path, text)
    assert [line.split(": ")[1] for line in found] == [
        "modelport:deployments.cancer.ownr",
        "modelport:deployments.cancer.target.port",
        "modelport:enviroment",
    ]


def test_a_missing_file_names_the_stacks_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(GOOD)
    with pytest.raises(ConfigError) as caught:
        read_stack_file(tmp_path / "Pulumi.test.yaml")
    assert str(caught.value) == "Pulumi.test.yaml: no such stack file; stacks here: dev"


@pytest.mark.parametrize("text", ["", "config:\n", "- 1\n", "config: 3\n", "name: x\n"])
def test_a_file_without_config_is_said_so(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == [
        "Pulumi.dev.yaml: needs a mapping 'config' with 'modelport:deployments'"
    ]


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD + "   odd: [\n")
    assert found.startswith("Pulumi.dev.yaml:9: not YAML: ")


def test_values_from_python_need_no_file() -> None:
    with pytest.raises(ConfigError) as caught:
        parse({"deployments": {}})
    assert caught.value.problems == [
        "modelport:deployments: must not be empty; the deployments of this stack by name"
    ]


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (GOOD, True),
        ('{"config": {"modelport:deployments": {}}}', True),
        ("config: {'modelport:secrets': none}", True),
        ("config: [\n  modelport:deployments:", True),
        ("config: {aws:region: eu-west-1}\n# modelport:deployments:", False),
        ("config: modelport", False),
        ("- config", False),
        ("", False),
    ],
)
def test_a_file_of_ours_is_known_in_any_style(tmp_path: Path, text: str, ours: bool) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    assert not mentions_namespace(file)
    file.write_text(text)
    assert mentions_namespace(file) is ours


def test_a_program_of_ones_own_may_set_a_limit_alone(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config:\n  aws:region: eu-west-1\n")
    assert read_settings(file) is NO_CONFIG
    file.write_text("config:\n  modelport:limits: {monthly_usd: 500}\n")
    found = read_settings(file)
    assert (found.deployments, found.limits.monthly_usd, found.environment) == ({}, 500, "dev")
    file.write_text(GOOD)
    assert list(read_settings(file).deployments) == ["cancer"]
    for wrong, said in (
        ("limits: {monthly: 5}", "limits.monthly: unknown key; did you mean 'monthly_usd'?"),
        ("limits: {monthly_usd: -1}", "limits.monthly_usd: -1 is not allowed; allowed: 0 or more"),
        ("deployment: {}", "deployment: unknown key; write 'deployments' instead"),
    ):
        file.write_text(f"config:\n  modelport:{wrong}\n")
        with pytest.raises(ConfigError) as caught:
            read_settings(file)
        assert said in caught.value.problems[0]
