"""Plans of any kind from a few words, for tests."""

from typing import Any

from modelport import platforms
from modelport.config import Deployment, parse
from modelport.errors import PlanError
from modelport.plan import PlanContext
from records import VERSION, record


def deployment(target: dict[str, Any], **more: Any) -> Deployment:
    """A deployment as a stack file declares it."""
    values = {
        "bundle": f"breast_cancer@{VERSION}",
        "owner": "diagnostics",
        "target": target,
        **more,
    }
    return parse({"deployments": {"cancer": values}}).deployments["cancer"]


def planned(target: dict[str, Any], *, environment: Any = "dev", **more: Any) -> Any:
    """The plan of a deployment on a target."""
    context = PlanContext(stack=environment, environment=environment)
    return platforms.plan("cancer", deployment(target, **more), record(), context)


def refusals(target: dict[str, Any], *, environment: Any = "dev", **more: Any) -> list[str]:
    """Why a deployment is refused; empty when it is not."""
    try:
        planned(target, environment=environment, **more)
    except PlanError as error:
        return str(error).splitlines()
    return []


def refusal(target: dict[str, Any], **more: Any) -> str:
    """The one reason why a deployment is refused."""
    found = refusals(target, **more)
    assert len(found) == 1, found
    return found[0]
