"""Kind gcp.compute: plan, refusals, resources and life."""

import json
from typing import Any

import pytest

from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.planning import planned, refusal

TARGET = {"kind": "gcp.compute", "region": "europe-west4", "project": "diagnostics-dev"}
GPU = {**TARGET, "machine": "g2-standard-4", "accelerator": "nvidia-l4"}
CERTIFICATE = "projects/diagnostics-dev/regions/europe-west4/sslCertificates/cancer"


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = planned(TARGET).facts()
    assert facts["auth"] == "api_key"
    assert facts["exposure"] == "private"
    assert facts["size"] == "e2-standard-2"
    assert 60 < float(facts["monthly_usd"]) < 120
    assert planned(GPU).facts()["size"] == "g2-standard-4 + 1 nvidia-l4"


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"exposure": "public"}, "exposure: public needs a certificate"),
        ({**TARGET, "machine": "ct6e-standard-1t"}, {}, "ct6e-standard-1t has TPUs"),
        (TARGET, {"domain": "c.example.com"}, "needs target.certificate"),
        (TARGET, {"rollout": "blue_green"}, "the nearest is rolling"),
        (TARGET, {"rollout": {"canary": {"steps": [10]}}}, "the nearest is rolling"),
        (TARGET, {"secrets": {"A": "projects/p/secrets/s"}}, "machines read no references"),
        (TARGET, {"workload": {"gpu_memory": "8GB"}}, "write accelerator: nvidia-l4"),
        ({**TARGET, "machine": "g2-standard-4"}, {}, "has a GPU that would be idle"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("compute") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_group(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "machine": "e2-standard-4"},
        drift=("cancer-backend", {"timeoutSec": 5}),
        rollout="rolling",
    )
    assert lived.model.steps["cancer-group"] == "update"
    template = inputs(lived, "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate")[0]
    assert "accessConfigs" not in template["networkInterfaces"][0]
    config = json.loads(template["metadata"]["user-data"].removeprefix("#cloud-config\n"))
    unit = config["write_files"][1]["content"]
    assert "Restart=always" in unit
    assert "@sha256:0ff11e" in unit
    assert "--read-only" in unit
    assert template["metadata"]["block-project-ssh-keys"] == "true"
    group = inputs(lived, "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager")[0]
    assert group["updatePolicy"]["maxUnavailableFixed"] == 0
    rule = inputs(lived, "gcp:compute/forwardingRule:ForwardingRule")[0]
    assert rule["loadBalancingScheme"] == "INTERNAL_MANAGED"


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_group(project: OfflineProject) -> None:
    target = {**GPU, "replicas": {"min": 2, "max": 5}, "certificate": CERTIFICATE}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 5}},
        drift=("cancer-firewall", {"sourceRanges": ["0.0.0.0/0"]}),
        packs=True,
        environment="prod",
        exposure="public",
        domain="cancer.example.com",
        rollout="rolling",
        workload={"p99": "80ms", "gpu_memory": "8GB"},
        limits={"monthly_usd": 20000},
    )
    assert lived.outputs["url"] == "https://cancer.example.com"
    template = inputs(lived, "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate")[0]
    assert template["guestAccelerators"] == []
    assert template["scheduling"]["onHostMaintenance"] == "TERMINATE"
