"""The resources of kind `local`: a key and a server."""

from typing import Any

import pulumi
from pydantic import BaseModel

from modelport.platforms.endpoint import Endpoint
from modelport.platforms.local.plan import LocalPlan
from modelport.resources import ApiKey, Server


def build(plan: LocalPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare a key and a server."""
    opts = pulumi.ResourceOptions(parent=parent)
    key, serving = None, plan.serving
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
        max_body_bytes=serving.max_body_bytes,
        max_rows=serving.max_rows,
        protocols=serving.protocols or None,
        fallback=_given(serving.fallback),
        capture=_given(serving.capture),
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


def _given(part: BaseModel | None) -> dict[str, Any] | None:
    return part.model_dump(mode="json", exclude_defaults=True) if part else None
