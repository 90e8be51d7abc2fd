"""Tokens: which there are, what else they may be called, and what is said of others."""

import re
import subprocess
import sys

import pytest

from modelport import sdk
from modelport.errors import ModelportError


@pytest.mark.parametrize("package", sdk.PACKAGES)
def test_installed_sdks_have_versions_and_tokens(package: str) -> None:
    assert sdk.installed(package)
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", sdk.version(package))
    tokens = sdk.tokens(package)
    assert len(tokens) > 500
    assert all(token.startswith(f"{package}:") for token in tokens)
    assert all(
        place.startswith(f"{sdk.PACKAGES[package]}.") for place in tokens.values() if "." in place
    )


def test_the_sdks_are_not_imported() -> None:
    program = (
        "import sys; from modelport import sdk;"
        "[sdk.resource(f'pulumi:providers:{name}') for name in sdk.PACKAGES];"
        "print([name for name in sys.modules if name.startswith('pulumi')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("alias", "today"),
    [
        (
            "aws:applicationloadbalancing/listener:Listener",
            "aws:alb/listener:Listener",
        ),
        (
            "aws:elasticloadbalancingv2/listener:Listener",
            "aws:lb/listener:Listener",
        ),
        (
            "azure-native:compute/v20240301:VirtualMachine",
            "azure-native:compute:VirtualMachine",
        ),
        ("gcp:compute/autoscalar:Autoscalar", "gcp:compute/autoscaler:Autoscaler"),
        (  # claimed by two, as are the next two
            "azure-native:apimanagement/v20210401preview:Schema",
            "azure-native:apimanagement:Schema",
        ),
        (
            "kubernetes:apiregistration/v1:APIService",
            "kubernetes:apiregistration.k8s.io/v1:APIService",
        ),
        (
            "kubernetes:apiregistration/v1beta1:APIService",
            "kubernetes:apiregistration.k8s.io/v1beta1:APIService",
        ),
    ],
)
def test_older_names_give_the_type_of_today(alias: str, today: str) -> None:
    assert alias not in sdk.tokens(alias.partition(":")[0])
    assert sdk.resource(alias) == sdk.resource(today)


@pytest.mark.parametrize(
    ("token", "nearest"),
    [
        ("aws:s3/buckett:Bucket", "aws:s3/bucket:Bucket"),
        ("gcp:cloudrunv2/servise:Service", "gcp:cloudrunv2/service:Service"),
        ("azure-native:compute:VirtualMachin", "azure-native:compute:VirtualMachine"),
        ("kubernetes:apps/v1:Deploymnt", "kubernetes:apps/v1:Deployment"),
    ],
)
def test_an_unknown_type_names_the_nearest(token: str, nearest: str) -> None:
    package = token.partition(":")[0]
    with pytest.raises(sdk.UnknownTokenError) as caught:
        sdk.resource(token)
    assert str(caught.value) == (
        f"{token}: no such resource type in {sdk.PACKAGES[package]} {sdk.version(package)}; "
        f"did you mean {nearest}?"
    )


def test_an_unknown_type_that_is_like_nothing_names_nothing() -> None:
    with pytest.raises(sdk.UnknownTokenError, match=r"no such resource type in pulumi_gcp [\d.]+$"):
        sdk.resource("gcp:qqqq/wwww:Zzzz")


def test_unknown_functions_and_nested_types() -> None:
    with pytest.raises(
        sdk.UnknownTokenError, match=r"no such function .*; did you mean aws:ec2/getAmi:"
    ):
        sdk.function("aws:ec2/getAmii:getAmii")
    with pytest.raises(sdk.UnknownTokenError, match="no such nested type in pulumi_aws"):
        sdk.nested("pulumi_aws.ec2._inputs:NothingArgs")
    with pytest.raises(sdk.UnknownTokenError, match="no such enum in pulumi_aws"):
        sdk.members("pulumi_aws.nowhere._enums:Nothing")


@pytest.mark.parametrize(
    "token", ["", "nonsense", "azure:core:ResourceGroup", "pulumi:providers:x", "::"]
)
def test_other_packages_have_no_sdk(token: str) -> None:
    with pytest.raises(
        sdk.SdkMissingError, match="no such SDK; known: aws, gcp, azure-native, kubernetes"
    ):
        sdk.resource(token)
    assert not sdk.installed(token)


def test_kinds_of_known_groups_are_no_custom_resources() -> None:
    for token in ("kubernetes:apps/v1:Deploy", "kubernetes:example:Thing", "kubernetes:a.b/v1:"):
        with pytest.raises(ModelportError):
            sdk.resource(token)


@pytest.mark.parametrize("package", sdk.PACKAGES)
def test_functions_are_listed(package: str) -> None:
    functions = sdk.functions(package)
    assert all(token.startswith(f"{package}:") for token in functions)
    assert bool(functions) == (package != "kubernetes")
