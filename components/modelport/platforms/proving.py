"""Proving: the last resources of every deployment on a cloud; without them it does not count."""

from collections.abc import Callable, Mapping, Sequence

import pulumi

from modelport.plan import CloudPlan
from modelport.platforms.container import call_line
from modelport.platforms.endpoint import Endpoint, given
from modelport.resources import LiveRevision, Traffic, Verification


def live_before(
    plan: CloudPlan, names: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> LiveRevision:
    """What is live before the update, for what an update must repeat."""
    return LiveRevision(
        f"{plan.name}-before",
        kind=plan.kind,
        names=names,
        fingerprint=plan.fingerprint,
        opts=opts,
    )


def prove(
    plan: CloudPlan,
    *,
    names: Mapping[str, pulumi.Input[str]],
    url: pulumi.Output[str],
    log: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    digest: pulumi.Output[str] | None = None,
    key: pulumi.Output[str] | None = None,
    moves_traffic: bool = False,
    replicas_min: int | None = None,
    after_traffic: Callable[[pulumi.ResourceOptions], Sequence[pulumi.Resource]] | None = None,
) -> Endpoint:
    """Move the traffic where we move it, read the live service back, and publish the endpoint.

    Args:
        plan: The deployment.
        names: What finds the live service.
        url: Its address.
        log: The command that shows its log.
        opts: Options after everything that makes the service.
        digest: Image that must serve, where the platform says it.
        key: The key that callers send, where there is one.
        moves_traffic: Whether the platform shares requests between revisions as we say.
        replicas_min: Instances that must run, where the platform counts them.
        after_traffic: Declares what may only be there once the traffic has moved.
    """
    if moves_traffic:
        traffic = Traffic(
            f"{plan.name}-traffic",
            kind=plan.kind,
            names=names,
            revision=plan.revision,
            rollout=plan.rollout,
            bundle=plan.bundle,
            version=plan.version,
            api_key=key,
            oidc=given(plan.oidc),
            opts=opts,
        )
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[traffic]))
    if after_traffic:
        later = list(after_traffic(opts))
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=later))
    proof = Verification(
        f"{plan.name}-live",
        kind=plan.kind,
        names=names,
        bundle=plan.bundle,
        version=plan.version,
        revision=plan.revision,
        digest=digest,
        replicas_min=replicas_min,
        fingerprint=plan.fingerprint,
        api_key=key,
        oidc=given(plan.oidc),
        opts=opts,
    )
    return Endpoint(
        url=url,
        call=call_line(plan, url, key),
        log=pulumi.Output.from_input(log),
        verified=proof.verified,
        releases=proof.releases,
        names=names,
        key=key,
    )
