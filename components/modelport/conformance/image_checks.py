"""Image checks: what each platform takes as an image, held against what Docker knows of one."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["pass", "fail", "not tested"]
Facts = Mapping[str, Any]
"""An image as `docker image inspect` describes it."""

_GB = 1_000_000_000
_LAMBDA_GB = 10
_INDEX = ("image.index", "manifest.list")
_ROOTS = ("", "0", "root")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one check saw."""

    outcome: Outcome
    said: str
    """What was seen; of a failure also what to do."""


def check_image(kind: str, facts: Facts) -> Seen:
    """Hold an image against the rule of a kind."""
    return _CHECKS.get(kind, _elsewhere)(facts)


def _elsewhere(_: Facts) -> Seen:
    return Seen("not tested", "the rule is about the registry in which the image lies")


def _sagemaker(facts: Facts) -> Seen:
    first = " ".join(_config(facts).get("Entrypoint") or [])
    if "tini" in first:
        return Seen("fail", f"the entry point is {first}; start the server without tini")
    return Seen("pass", f"the entry point is {first or 'none'}, and was started with serve")


def _lambda(facts: Facts) -> Seen:
    media, size = _media(facts), facts["Size"] / _GB
    if any(word in media for word in _INDEX):
        said = f"the image is a list ({media}); build with --provenance=false --sbom=false"
        return Seen("fail", said)
    if size > _LAMBDA_GB:
        return Seen("fail", f"{size:.1f} GB; take out what serving does not need")
    return Seen("pass", f"one image for {_platform(facts)}, {size:.2f} GB")


def _cloud_run(facts: Facts) -> Seen:
    if _platform(facts) != "linux/amd64":
        return Seen("fail", f"the image is for {_platform(facts)}; build for linux/amd64")
    return Seen("pass", "the image is for linux/amd64")


def _functions(facts: Facts) -> Seen:
    root = "AzureWebJobsScriptRoot"
    if any(str(item).startswith(f"{root}=") for item in _config(facts).get("Env") or []):
        return Seen("pass", f"{root} is set: the image holds the host of Functions")
    said = "it holds no host of Functions; the adapter azure_functions builds one that does"
    return Seen("fail", said)


def _docker(facts: Facts) -> Seen:
    own = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    if _platform(facts) != f"linux/{own}":
        return Seen("fail", f"the image is for {_platform(facts)}; build for linux/{own}")
    return Seen("pass", f"the image is for linux/{own}")


def _kubernetes(facts: Facts) -> Seen:
    user = _user(facts)
    if user in _ROOTS:
        return Seen("fail", "its user is root; set USER to a number")
    if not user.isdecimal():
        return Seen("fail", f"its user is {user}, which may be root; set USER to its number")
    return Seen("pass", f"its user is {user}, and it ran without capabilities")


def _heroku(facts: Facts) -> Seen:
    config, media, user = _config(facts), _media(facts), _user(facts)
    faults: list[str] = []
    if user in _ROOTS:
        faults.append("its user is root; set USER to another")
    if not config.get("Cmd"):
        faults.append("it has no CMD; add one")
    if "oci" in media:
        faults.append(f"its manifest is {media}; build with oci-mediatypes=false")
    if faults:
        return Seen("fail", "; ".join(faults))
    return Seen("pass", f"its user is {user}, it has a CMD, its manifest is Docker's own")


_CHECKS: Mapping[str, Callable[[Facts], Seen]] = {
    "aws.sagemaker": _sagemaker,
    "aws.lambda": _lambda,
    "gcp.cloud_run": _cloud_run,
    "azure.functions": _functions,
    "docker": _docker,
    "kubernetes": _kubernetes,
    "heroku": _heroku,
}


def _config(facts: Facts) -> Mapping[str, Any]:
    return facts.get("Config") or {}


def _user(facts: Facts) -> str:
    return str(_config(facts).get("User") or "").partition(":")[0]


def _media(facts: Facts) -> str:
    """Type of its manifest; empty where Docker keeps images in its own form."""
    return str((facts.get("Descriptor") or {}).get("mediaType", ""))


def _platform(facts: Facts) -> str:
    return f"{facts.get('Os')}/{facts.get('Architecture')}"
