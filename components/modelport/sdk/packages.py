"""Packages: which SDKs are installed, their versions and the resource types they list."""

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from modelport.sdk.errors import SdkMissingError

PACKAGES: Mapping[str, str] = {
    "aws": "pulumi_aws",
    "gcp": "pulumi_gcp",
    "azure-native": "pulumi_azure_native",
    "kubernetes": "pulumi_kubernetes",
}
"""Python module of each package."""

PROVIDER = "pulumi:providers:"
"""What the type tokens of providers start with; the package follows."""

_RESOURCE_MODULES = re.compile(r'resource_modules="""(.*?)"""', re.DOTALL)


def installed(package: str) -> bool:
    """Whether the SDK of `package` can be read here."""
    try:
        return (folder(package) / "pulumi-plugin.json").is_file()
    except SdkMissingError:
        return False


@cache
def version(package: str) -> str:
    """Version of the installed SDK, and so of the provider plugin that it asks for.

    Raises:
        SdkMissingError: the SDK is not installed.
    """
    return str(json.loads((folder(package) / "pulumi-plugin.json").read_text())["version"])


def title(package: str) -> str:
    """The SDK as messages name it, e.g. `pulumi_aws 7.51.1`.

    Raises:
        SdkMissingError: the SDK is not installed.
    """
    return f"{folder(package).name} {version(package)}"


@cache
def tokens(package: str) -> Mapping[str, str]:
    """All resource types of `package`: token to module and class, e.g. `pulumi_aws.s3:Bucket`.

    Raises:
        SdkMissingError: the SDK is not installed.
    """
    text = (folder(package) / "__init__.py").read_text(encoding="utf-8")
    found = _RESOURCE_MODULES.search(text)
    modules = json.loads(found.group(1)) if found else []
    return {
        token: f"{module['fqn']}:{name}"
        for module in modules
        for token, name in module["classes"].items()
    }


@cache
def folder(package: str) -> Path:
    """Where the SDK of `package` lies.

    Raises:
        SdkMissingError: there is no SDK of that name, or it is not installed.
    """
    module = PACKAGES.get(package)
    if module is None:
        raise SdkMissingError(f"{package}: no such SDK; known: {', '.join(PACKAGES)}")
    spec = importlib.util.find_spec(module)  # finds a top-level module without importing it
    if spec is None or spec.origin is None:
        raise SdkMissingError(f"{module} is not installed; install {module.replace('_', '-')}")
    return Path(spec.origin).parent


def package_of(token: str) -> str:
    """The package of a token; that of a provider's token is its last part."""
    if token.startswith(PROVIDER):
        return token.removeprefix(PROVIDER)
    return token.partition(":")[0]


def package_of_ref(ref: str) -> str:
    """The package of a reference to a class, e.g. `pulumi_aws.lambda_._inputs:X`.

    Raises:
        SdkMissingError: the reference names no known SDK.
    """
    module = ref.partition(":")[0].partition(".")[0]
    for package, name in PACKAGES.items():
        if name == module:
            return package
    raise SdkMissingError(f"{ref}: no such SDK; known: {', '.join(PACKAGES.values())}")
