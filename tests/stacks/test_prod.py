"""Pulumi.prod.yaml names what the sources here give, and is refused without credentials."""

import pytest

from engine_project import ROOT
from modelport.bundles import version_of
from modelport.cloud.credentials import missing_credentials
from modelport.config import CanaryRollout, read_stack_file


def test_prod_names_the_digest_of_these_sources() -> None:
    """`modelport pin -s prod` writes it."""
    deployments = read_stack_file(ROOT / "Pulumi.prod.yaml").deployments
    for deployment in deployments.values():
        version = version_of(ROOT, deployment.bundle_name)
        assert deployment.bundle == f"{deployment.bundle_name}@{version}"


def test_prod_is_watched_and_bounded() -> None:
    (deployment,) = read_stack_file(ROOT / "Pulumi.prod.yaml").deployments.values()
    assert deployment.kind == "aws.sagemaker"
    assert isinstance(deployment.rollout, CanaryRollout)
    assert deployment.limits.monthly_usd is not None
    assert deployment.workload.p99 is not None


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("aws.sagemaker", "no credentials of AWS are here; set AWS_PROFILE"),
        ("gcp.vertex", "no credentials of Google Cloud are here; run 'gcloud auth"),
        ("azure.ml", "no credentials of Azure are here; run 'az login'"),
        ("heroku", "no credentials of Heroku are here; set HEROKU_API_KEY"),
    ],
)
def test_missing_credentials_are_one_sentence(
    kind: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ARM_CLIENT_ID", "AZURE_CLIENT_ID", "HEROKU_API_KEY", "MODELPORT_GOOGLE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    (sentence,) = missing_credentials([kind, kind])
    assert sentence.startswith(said)
    assert "modelport preview --offline" in sentence
    assert missing_credentials(["local"]) == []
