"""Rules about functions on Azure: who may call one."""

from collections.abc import Iterator, Mapping

from modelport_policies.rule import Reads, Resource, Rule, Sample, Settings
from modelport_policies.values import items, text

_FUNCTION = "azure-native:web:WebAppFunction"


def _anonymous(resource: Resource, _: Settings) -> Iterator[str]:
    for index, binding in items(resource.properties, "config", "bindings"):
        level = text(binding, "authLevel") if isinstance(binding, Mapping) else ""
        if isinstance(level, str) and level.lower() == "anonymous":
            yield f"has the authLevel anonymous in config.bindings[{index}], so anybody calls it"


def _called(level: str) -> dict[str, object]:
    return {"config": {"bindings": [{"type": "httpTrigger", "authLevel": level}]}}


CALLERS_NAMED = Rule(
    id="azfunction-no-anonymous",
    title="A function asks who calls.",
    severity="critical",
    types=(_FUNCTION,),
    rationale="anybody on the network could use the model, copy it by asking, or run up its cost",
    fix='authLevel: "function", or App Service authentication before it with an identity',
    sources=("Azure Functions, 'Authorization level' of HTTP triggers", "CWE-306"),
    reads=(Reads("config.bindings[].authLevel", "passes"),),
    passes=Sample(_FUNCTION, _called("function")),
    fails=Sample(_FUNCTION, _called("anonymous")),
    also_fails=(Sample(_FUNCTION, _called("Anonymous")),),
    check=_anonymous,
)

SECURITY = (CALLERS_NAMED,)
