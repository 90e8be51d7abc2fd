"""modelport:live: what is live on a platform, and its proof."""

from collections.abc import Mapping
from typing import Any

import pulumi

from modelport.resources.plugin import plugin_options


class LiveRevision(pulumi.CustomResource):
    """Which revision is live before an update, for platforms whose update repeats the traffic.

    The resources of the service take `revision` as an input, so that it is read before they
    change. The arguments are those of `modelport.provider.live_revision.LiveRevisionInputs`.
    """

    revision: pulumi.Output[str]
    """The revision that takes most of the traffic; empty when nothing is there."""
    replicas: pulumi.Output[int]
    """Instances that run; 0 when nothing is there, or the platform does not say."""

    def __init__(
        self,
        name: str,
        *,
        kind: pulumi.Input[str],
        names: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        fingerprint: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "kind": kind,
            "names": names,
            "fingerprint": fingerprint,
            "revision": None,
            "replicas": None,
        }
        super().__init__("modelport:live:Revision", name, props, plugin_options(opts))


class Traffic(pulumi.CustomResource):
    """All traffic of a live service on one revision, moved there as the rollout says.

    The arguments are those of `modelport.provider.live_traffic.TrafficInputs`.
    """

    revision: pulumi.Output[str]
    """The revision that takes all traffic."""
    moved: pulumi.Output[str]
    """What was done and seen when it was last moved."""

    def __init__(
        self,
        name: str,
        *,
        kind: pulumi.Input[str],
        names: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        revision: pulumi.Input[str],
        rollout: pulumi.Input[str | dict[str, Any]],
        bundle: pulumi.Input[str],
        version: pulumi.Input[str],
        api_key: pulumi.Input[str] | None = None,
        oidc: pulumi.Input[dict[str, Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "kind": kind,
            "names": names,
            "revision": revision,
            "rollout": rollout,
            "bundle": bundle,
            "version": version,
            "api_key": api_key,
            "oidc": oidc,
            "moved": None,
            "known": None,
        }
        super().__init__("modelport:live:Traffic", name, props, plugin_options(opts))


class Verification(pulumi.CustomResource):
    """Proof that a live service is the one that was asked for; declared after all of its parts.

    The arguments are those of `modelport.provider.live_verification.VerificationInputs`.
    """

    verified: pulumi.Output[str]
    """What was proved when it was last deployed."""
    releases: pulumi.Output[list[dict[str, str]]]
    """Versions that were live, each with the time from which it was; the last one is live."""

    def __init__(
        self,
        name: str,
        *,
        kind: pulumi.Input[str],
        names: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        bundle: pulumi.Input[str],
        version: pulumi.Input[str],
        fingerprint: pulumi.Input[str],
        revision: pulumi.Input[str] = "",
        digest: pulumi.Input[str] | None = None,
        replicas_min: pulumi.Input[int] | None = None,
        api_key: pulumi.Input[str] | None = None,
        oidc: pulumi.Input[dict[str, Any]] | None = None,
        timeout: pulumi.Input[float] = 1800,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "kind": kind,
            "names": names,
            "bundle": bundle,
            "version": version,
            "revision": revision,
            "digest": digest,
            "replicas_min": replicas_min,
            "fingerprint": fingerprint,
            "api_key": api_key,
            "oidc": oidc,
            "timeout": timeout,
            "verified": None,
            "releases": None,
        }
        super().__init__("modelport:live:Verification", name, props, plugin_options(opts))
