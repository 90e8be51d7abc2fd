"""Kind `local`: supervised processes on this machine."""

from dataclasses import dataclass

import pulumi

from modelport.plan import LocalPlan
from modelport.resources import ApiKey, Server


@dataclass(frozen=True, slots=True)
class LocalParts:
    """The resources of one local deployment."""

    server: Server
    key: ApiKey | None


def build(plan: LocalPlan, *, parent: pulumi.Resource) -> LocalParts:
    """Declare a key and a server."""
    opts = pulumi.ResourceOptions(parent=parent)
    key = None
    if plan.auth == "api_key":
        key = ApiKey(f"{plan.name}-key", deployment=plan.name, opts=opts)
    server = Server(
        plan.name,
        stack=plan.stack,
        deployment=plan.name,
        bundle=plan.bundle,
        version=plan.version,
        host=plan.host,
        port=plan.port,
        workers=plan.workers,
        memory_bytes=plan.memory_bytes,
        log_bytes=plan.log_bytes,
        start_timeout=plan.start_timeout,
        max_body_bytes=plan.max_body_bytes,
        max_rows=plan.max_rows,
        rollout=plan.rollout,
        api_key=key.value if key else None,
        opts=opts,
    )
    return LocalParts(server, key)
