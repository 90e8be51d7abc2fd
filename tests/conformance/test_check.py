"""Bundles and odd servers under the rules of the platforms."""

import fcntl
import json
import socket
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from modelport.config import TARGETS
from modelport.conformance import Page, Subject, check_kind, rules_of
from modelport.conformance.checks import CHECKS
from modelport.conformance.lambda_checks import LAMBDA_CHECKS
from modelport.errors import PlanError
from modelport_serving.record import BundleRecord, read_golden
from serving.tiny import build

ODD = Path(__file__).with_name("odd_server.py")
OWN = ("docker", "kubernetes")
"""Kinds of machines that nobody rents out with a contract."""
KINDS = sorted({*(kind for kind in TARGETS if kind != "local"), *OWN})
OFTEN = ("aws.lambda", "aws.sagemaker", "gcp.vertex", "heroku")
"""Kinds that differ most; the others are played in `make e2e`."""


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A tiny bundle, served by its own runtime."""
    bento = build(tmp_path_factory.mktemp("bento"))
    record = BundleRecord.model_validate_json((bento / "src" / "bundle.json").read_bytes())
    return Subject(record, read_golden(bento / "src"), bento)


@pytest.fixture
def fixed_port() -> Generator[None]:
    """Port 8080 for one test at a time; tests run side by side in processes."""
    with (Path(tempfile.gettempdir()) / "modelport-tests-8080.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=() if kind in OFTEN else pytest.mark.soak) for kind in KINDS],
)
@pytest.mark.usefixtures("fixed_port")
def test_the_bundle_s_runtime_keeps_the_rules_of_every_kind(kind: str, subject: Subject) -> None:
    page = check_kind(kind, subject)
    outcomes = {line.rule: (line.outcome, line.said) for line in page.lines}
    assert page.passed, outcomes
    untested = {rule for rule, (outcome, _) in outcomes.items() if outcome == "not tested"}
    allowed = {"image"}
    if kind == "azure.functions":
        allowed.add("payload")  # 100 MB
    assert untested <= allowed, outcomes


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_rules_with_sources(kind: str) -> None:
    rules = rules_of(kind)
    assert len({rule.name for rule in rules}) == len(rules) > 0
    tested = CHECKS.keys() | LAMBDA_CHECKS.keys()
    for rule in rules:
        assert rule.sentence
        assert not rule.sentence.endswith(".")
        assert rule.source.address.startswith("https://")
        assert rule.grade in {"A", "B", "C"}
        assert rule.name in tested


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PlanError, match=r"gcp\.vertx: not in the tables of platforms; known: "):
        rules_of("gcp.vertx")


def odd(subject: Subject, folder: Path, *faults: str, kind: str = "gcp.cloud_run") -> Page:
    """A platform's page of a server with these faults."""
    golden = subject.golden
    answers = folder / "answers.json"
    predictions = [item.model_dump(mode="json") for item in golden.predictions]
    answers.write_text(json.dumps({"predictions": predictions}))
    command = " ".join([sys.executable, str(ODD), str(answers), *faults])
    server = Subject(subject.record, golden, subject.bento, command)
    return check_kind(kind, server)


def seen(page: Page, rule: str) -> tuple[str, str]:
    return next((line.outcome, line.said) for line in page.lines if line.rule == rule)


def test_any_server_that_keeps_the_rules_passes(subject: Subject, tmp_path: Path) -> None:
    page = odd(subject, tmp_path, kind="heroku")
    assert page.passed, page.lines
    assert {line.outcome for line in page.lines if line.rule != "image"} == {"pass"}


@pytest.mark.parametrize(
    ("fault", "rule", "said"),
    [
        ("ignores-port", "listen", "; read the port from PORT"),
        ("dies", "listen", "it ended with status 1: no model here"),
        ("loopback", "address", "listens on 127.0.0.1 only; bind 0.0.0.0"),
        ("wrong", "predict", "wrong answers from POST /predict: golden row"),
        ("cuts", "drain", "a request under way at SIGTERM "),
        ("stays", "drain", "after SIGTERM; end on it"),
    ],
)
def test_a_broken_rule_is_named_with_its_fix(
    fault: str,
    rule: str,
    said: str,
    subject: Subject,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("modelport.conformance.checks._SETTLED", 0.5)
    page = odd(subject, tmp_path, fault)
    outcome, found = seen(page, rule)
    assert (outcome, page.passed) == ("fail", False)
    assert said in found
    others = {line.outcome for line in page.lines if line.rule not in (rule, "image")}
    assert others <= {"pass", "not tested"}, page.lines


@pytest.mark.usefixtures("fixed_port")
def test_health_and_arguments_are_sagemaker_s(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelport.conformance.checks._LOADING", 0.5)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"predictions": []}))
    command = f"{sys.executable} {ODD} {answers} unhealthy"
    page = check_kind(
        "aws.sagemaker", Subject(subject.record, subject.golden, subject.bento, command)
    )
    assert seen(page, "listen")[0] == "pass"
    assert seen(page, "health")[0] == "fail"
    assert "GET /ping answers 503" in seen(page, "health")[1]


@pytest.mark.usefixtures("fixed_port")
def test_a_taken_port_is_said(subject: Subject) -> None:
    with socket.create_server(("0.0.0.0", 8080)):
        page = check_kind("aws.ecs", subject)
    assert {line.outcome for line in page.lines} == {"not tested"}
    assert "port 8080 is taken on this machine" in page.lines[0].said
