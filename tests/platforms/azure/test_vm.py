"""Kind azure.vm: plan, refusals, life; reading back."""

import base64
from typing import Any

import pytest

from modelport.errors import ConfigError
from modelport.live import service_of
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.azure.fake_arm import FakeArm
from platforms.planning import planned, refusal

TARGET = {"kind": "azure.vm", "region": "westeurope"}
GPU = {**TARGET, "machine": "Standard_NC4as_T4_v3", "accelerator": "nvidia"}
CERTIFICATE = "https://clinic.vault.azure.net/secrets/cancer"


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = planned(TARGET).facts()
    assert (facts["auth"], facts["size"]) == ("api_key", "Standard_D2s_v3")
    assert float(facts["monthly_usd"]) > 70


def test_a_number_of_machines_that_is_meant_says_so() -> None:
    assert planned({**TARGET, "replicas": {"min": 2, "max": 2}}).tags["scaling"] == "fixed"
    assert "scaling" not in planned({**TARGET, "replicas": {"min": 2, "max": 3}}).tags


def test_an_idle_or_missing_gpu_is_a_mistake() -> None:
    for wrong in ({**GPU, "accelerator": "none"}, {**TARGET, "accelerator": "nvidia"}):
        with pytest.raises(ConfigError, match="do not fit"):
            planned(wrong)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"exposure": "public"}, "exposure: public needs a certificate"),
        ({"domain": "c.example.com"}, "needs target.certificate"),
        ({"rollout": "blue_green"}, "the nearest is rolling"),
        ({"rollout": {"canary": {"steps": [10]}}}, "azure.vm does not have it"),
        ({"secrets": {"A": "https://v.vault.azure.net/secrets/s"}}, "machines read no references"),
        ({"workload": {"gpu_memory": "8GB"}}, "accelerator: nvidia"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, Any], said: str) -> None:
    assert said in refusal(TARGET, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("vm") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_scale_set(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "machine": "Standard_D4s_v3"},
        drift=("cancer-nat", {"idleTimeoutInMinutes": 99}),
        rollout="rolling",
    )
    assert lived.model.steps["cancer-machines-set"] == "update"
    machines = inputs(lived, "azure-native:compute:VirtualMachineScaleSet")[0]
    profile = machines["virtualMachineProfile"]
    assert machines["upgradePolicy"]["mode"] == "Rolling"
    address = profile["networkProfile"]["networkInterfaceConfigurations"][0]["ipConfigurations"][0]
    assert "publicIPAddressConfiguration" not in address
    text = base64.b64decode(profile["osProfile"]["customData"]).decode()
    assert "@sha256:0ff11e" in text
    assert "Restart=always" in text
    login = profile["osProfile"]["linuxConfiguration"]
    assert login["disablePasswordAuthentication"] is True
    assert login["ssh"]["publicKeys"][0]["keyData"].startswith("ssh-rsa ")
    assert "adminPassword" not in profile["osProfile"]


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_scale_set(project: OfflineProject) -> None:
    target = {**GPU, "replicas": {"min": 2, "max": 4}, "certificate": CERTIFICATE}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 4}},
        drift=("cancer-logs", {"retentionInDays": 7}),
        packs=True,
        environment="prod",
        exposure="public",
        domain="cancer.example.com",
        rollout="rolling",
        workload={"p99": "80ms", "gpu_memory": "8GB", "rate": 50},
        limits={"monthly_usd": 20000},
    )
    assert lived.outputs["url"] == "https://cancer.example.com"


def test_the_live_scale_set_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeArm() as fake:
        monkeypatch.setenv("MODELPORT_AZURE_ENDPOINT", fake.address)
        names = {
            "subscription": "s",
            "group": "g",
            "scale_set": "v",
            "url": fake.address,
            "exposure": "public",
        }
        service = service_of("azure.vm")(names)
        assert service.read().state == "gone"
        path = (
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"
            "/virtualMachineScaleSets/v"
        )
        fake.resources[path] = {"provisioningState": "Succeeded"}
        fake.around[path] = {"tags": {"revision": "r1"}, "sku": {"capacity": 3}}
        found = service.read()
        assert (found.state, found.revision, found.replicas) == ("ready", "r1", 3)
        fake.resources[f"{path}/rollingUpgrades/latest"] = {
            "runningStatus": {"code": "RollingForward"}
        }
        assert service.read().state == "changing"
        fake.resources[f"{path}/rollingUpgrades/latest"] = {"runningStatus": {"code": "Faulted"}}
        assert service.read().state == "failed"
        assert service.ask(b"{}", "key", 5).header("x-asked") == "Bearer key"
