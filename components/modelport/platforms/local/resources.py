"""The resources of kind `local`: a key and a server."""

import pulumi

from modelport.platforms.endpoint import Endpoint
from modelport.platforms.local.plan import LocalPlan
from modelport.resources import ApiKey, Server


def build(plan: LocalPlan, *, parent: pulumi.Resource) -> Endpoint:
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
        protocols=plan.protocols or None,
        fallback=plan.fallback.model_dump(exclude_none=True) if plan.fallback else None,
        rollout=plan.rollout,
        api_key=key.value if key else None,
        opts=opts,
    )
    return Endpoint(
        url=server.url,
        call=server.call,
        log=server.log,
        verified=server.verified,
        releases=server.releases,
    )
