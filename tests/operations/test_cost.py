"""One workload on many kinds of target: sums of their plans, refusals, charts."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from modelport import platforms
from modelport.config import TARGETS
from modelport.errors import ConfigError
from modelport.home import Home
from modelport.operations import cost
from modelport.operations.cost import Asked, Comparison, compare
from modelport.operations.cost_page import html, remarks, svg, write_page
from modelport.plan import PlanContext
from modelport_serving.record import BundleRecord
from platforms.planning import deployment
from records import VERSION, record

STACK = """\
config:
  modelport:deployments:
    cancer:
      bundle: breast_cancer@3f2a0c4d5e6f7081
      owner: diagnostics
      target: {kind: aws.sagemaker, region: us-west-2, instance: ml.c5.large}
      limits: {monthly_usd: 1000}
      rollout: {canary: {steps: [10]}}
      workload: {p99: 80ms, requests_per_month: 5000000}
"""
HERE = ("docker", "kubernetes", "local")


def _built(*_: object) -> BundleRecord:
    return record()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A project whose bundle is built, as far as a plan can see."""
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    monkeypatch.setattr(cost, "resolve", _built)
    monkeypatch.setattr(cost, "built_bundle", _built)
    return Home(tmp_path / ".modelport")


def compared(home: Home, *kinds: str, **asked: Any) -> Comparison:
    return compare(home, "dev", kinds, Asked(**asked))


def test_every_kind_is_priced_refused_or_said_not_to_be_counted(home: Home) -> None:
    found = compared(home)
    named = [*(offer.target for offer in found.offers), *(one.target for one in found.refused)]
    assert sorted([*named, *found.uncounted]) == sorted(TARGETS)
    assert sorted(found.uncounted) == list(HERE)
    assert [offer.monthly_usd for offer in found.offers] == sorted(
        offer.monthly_usd for offer in found.offers
    )
    assert {one.target: one.reasons[0][:40] for one in found.refused} == {
        "heroku": "exposure: private is not on heroku's com"
    }
    for offer in found.offers:
        assert 0 < offer.idle_usd <= offer.monthly_usd <= offer.worst_case_usd, offer
        assert offer.prices_as_of


def test_the_sums_are_those_of_the_plans(home: Home) -> None:
    target = {"kind": "aws.ec2", "region": "us-east-1", "instance": "m5.large"}
    workload = {"p99": "80ms", "requests_per_month": 5000000}
    plan = platforms.plan(
        "cancer",
        deployment(target, workload=workload),
        record(),
        PlanContext(stack="dev", environment="dev"),
    )
    found = compared(home, "aws.ec2,instance=m5.large", "aws.sagemaker", "gcp.cloud_run")
    by_target = {offer.target: offer for offer in found.offers}
    assert by_target["aws.ec2,instance=m5.large"].monthly_usd == plan.monthly_usd
    own = by_target["aws.sagemaker"]  # the deployment's own kind keeps its settings
    assert (own.size, own.region) == ("ml.c5.large", "us-west-2")
    assert by_target["gcp.cloud_run"].region == "us-central1"
    assert all(offer.low_usd is None for offer in found.offers)


def test_a_rate_gives_low_and_high(home: Home) -> None:
    quiet = compared(home, "aws.sagemaker").offers[0]
    busy = compared(home, "aws.sagemaker", workload={"rate": 50}).offers[0]
    assert busy.low_usd is not None
    assert busy.high_usd is not None
    assert busy.low_usd <= busy.monthly_usd <= busy.high_usd <= busy.worst_case_usd
    assert busy.idle_usd == quiet.idle_usd


def test_what_is_not_valid_is_said_all_at_once(home: Home) -> None:
    def problems(*kinds: str, **asked: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            compared(home, *kinds, **asked)
        return caught.value.problems

    said = problems("aws.lamda", "aws.ec2,instnce=m5.large", "aws.ecs,cpu", "heroku,dyno=huge")
    assert said[0] == "aws.lamda: no such kind of target; did you mean 'aws.lambda'?"
    assert said[1] == "aws.ec2: instnce: unknown key; did you mean 'instance'?"
    assert said[2] == "aws.ecs: 'cpu' should be NAME=VALUE, e.g. instance=m5.large"
    assert said[3].startswith("heroku: dyno: 'huge' is not allowed; allowed: ")
    assert problems(workload={"p99": "fast", "rate": 0})[0].startswith("--duration: ")
    assert problems(deployment="canser") == [
        "'canser' is no deployment of dev; --deployment takes one of: cancer; or --bundle"
    ]
    assert problems(regions=("eu-west-1",))[0].startswith("--region eu-west-1: should be CLOUD=")


def test_the_remarks_say_what_is_not_known(home: Home) -> None:
    assert "the oldest is of 20" in remarks(compared(home, "aws.lambda"))[0]
    bare = compared(home, "aws.lambda", bundle="breast_cancer")
    assert bare.bundle == f"breast_cancer@{VERSION}"
    assert "No requests are counted" in remarks(bare)[1]
    timed = compared(home, "aws.lambda", bundle="breast_cancer", workload={"rate": 1})
    assert "100 ms" in remarks(timed)[1]


def test_the_chart_is_one_file_that_needs_nothing_else(home: Home, tmp_path: Path) -> None:
    found = compared(home)
    picture = ElementTree.fromstring(svg(found))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2000/svg}"
    bars = [bar for bar in picture.iter(f"{space}rect") if bar.get("height") == "18"]
    assert len(bars) == 2 * len(found.offers)
    widths = [float(bar.get("width", "")) for bar in bars[::2]]
    assert widths == sorted(widths)
    assert widths[-1] == 420
    page = html(found)
    for text in (page, svg(found)):
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert all(offer.target in page for offer in found.offers)
    write_page(found, tmp_path / "cost.svg")
    assert (tmp_path / "cost.svg").read_text() == svg(found)
    for name, said in (("cost.pdf", "should end in .svg or .html"), ("no/cost.svg", "No such")):
        with pytest.raises(ConfigError, match=said):
            write_page(found, tmp_path / name)
