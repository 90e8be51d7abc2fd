"""The command that shows a type to people."""

import pytest

from modelport.sdk.__main__ import main


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("aws:lambda/function:Function", "  role: string (required)"),
        ("aws:lambda/function:Function", "  layers: list of string"),
        (
            "aws:lambda/function:Function",
            "  vpcConfig: pulumi_aws.lambda_._inputs:FunctionVpcConfigArgs",
        ),
        ("kubernetes:apps/v1:Deployment", "  apiVersion: 'apps/v1' (default 'apps/v1')"),
        ("pulumi:providers:aws", "  secretKey: string (secret)"),
        ("aws:eks/getCluster:getCluster", "  name: string (required)"),
        (
            "pulumi_azure_native.compute._inputs:DataDiskArgs",
            "  caching: 'None' | 'ReadOnly' | 'ReadWrite'",
        ),
        (
            "gcp:dns/managedZone:ManagedZone",
            "  visibility: string (documented: private, public)",
        ),
    ],
)
def test_types_are_written_in_words(
    name: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name]) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_what_is_unknown_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["aws:s3/buckett:Bucket"]) == 1
    assert capsys.readouterr().err.startswith("error: aws:s3/buckett:Bucket: no such resource type")
    assert main([]) == 2
