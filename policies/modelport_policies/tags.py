"""Rules about tags and labels: whose a bill is, and of which environment."""

from collections.abc import Iterator

from modelport_policies.rule import ADVICE, Reads, Resource, Rule, Sample, Settings
from modelport_policies.values import MISSING, UNKNOWN, read, text

_TAGS = (
    "aws:ecs/service:Service",
    "aws:elasticbeanstalk/environment:Environment",
    "aws:lambda/function:Function",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    "azure-native:app:ContainerApp",
    "azure-native:compute:VirtualMachineScaleSet",
    "azure-native:machinelearningservices:OnlineEndpoint",
    "azure-native:web:WebApp",
)
_LABELS = (
    "gcp:cloudfunctionsv2/function:Function",
    "gcp:cloudrunv2/service:Service",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
    "gcp:vertex/aiEndpoint:AiEndpoint",
)
_WANTED = ("owner", "environment")
_FIRST, _LABELLED = _TAGS[2], _LABELS[1]


def _unnamed(resource: Resource, _: Settings) -> Iterator[str]:
    where = "labels" if resource.type in _LABELS else "tags"
    if read(resource.properties, where) is UNKNOWN:
        return
    missing = [key for key in _WANTED if text(resource.properties, where, key) in (MISSING, "")]
    if missing:
        yield f"sets no {where}.{f' and no {where}.'.join(missing)}, so its bill is nobody's"


TAGGED = Rule(
    id="cost-required-tags",
    title="What serves a model says whose it is, and of which environment.",
    severity="low",
    types=(*_TAGS, *_LABELS),
    rationale="a bill is shared out by tags, and what nobody owns is never switched off",
    fix='tags={"owner": "<team>", "environment": "prod"}; a provider\'s default tags are not seen',
    sources=("FinOps Framework, capability 'Allocation'", "infracost tagging policies"),
    levels=ADVICE,
    reads=(Reads("tags.owner", "fails"), Reads("tags.environment", "fails")),
    passes=Sample(_FIRST, {"tags": {"owner": "diagnostics", "environment": "prod"}}),
    fails=Sample(_FIRST, {"tags": {"owner": "diagnostics"}}),
    also_passes=(Sample(_LABELLED, {"labels": {"owner": "a", "environment": "prod"}}),),
    also_fails=(Sample(_FIRST, {"tags": {"environment": "prod", "owner": ""}}),),
    check=_unnamed,
)

TAGS = (TAGGED,)
