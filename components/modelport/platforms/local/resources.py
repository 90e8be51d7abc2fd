"""The resources of kind `local`: a key and a server."""

import pulumi

from modelport.platforms.container import own_key, serving_arguments
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.local.plan import LocalPlan
from modelport.resources import Server


def build(plan: LocalPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare a key and a server."""
    opts = pulumi.ResourceOptions(parent=parent)
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
        serving=serving_arguments(plan, own_key(plan, opts)),
        opts=opts,
    )
    return Endpoint(
        url=server.url,
        call=server.call,
        log=server.log,
        verified=server.verified,
        releases=server.releases,
    )
