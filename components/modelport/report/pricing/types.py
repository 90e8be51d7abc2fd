"""Types: how each type of resource is priced."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache

from modelport.prices import Parts
from modelport.prices.estimate import stands
from modelport.report.pricing import aws, azure, elsewhere, gcp
from modelport.report.pricing.bill import Bill, nothing, without_price
from modelport.report.pricing.item import Item
from modelport.report.pricing.simple import BY_USE, FREE, MONTHLY, UNKNOWN_USE
from modelport.report.words import base_type

Pricer = Callable[[Item], Bill]
_ML = "azure-native:machinelearningservices"

PRICERS: dict[str, Pricer] = {
    "aws:ec2/instance:Instance": aws.machine,
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": aws.machine,
    "aws:autoscaling/group:Group": aws.group,
    "aws:ebs/volume:Volume": aws.volume,
    "aws:sagemaker/endpoint:Endpoint": aws.endpoint,
    "aws:lambda/function:Function": aws.function,
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": aws.provisioned,
    "aws:ecs/service:Service": aws.service,
    "aws:apprunner/service:Service": aws.runner,
    "aws:lb/loadBalancer:LoadBalancer": aws.balancer,
    "aws:alb/loadBalancer:LoadBalancer": aws.balancer,
    "aws:ec2/vpcEndpoint:VpcEndpoint": aws.door,
    "aws:eks/nodeGroup:NodeGroup": aws.nodes,
    "aws:ssm/parameter:Parameter": aws.parameter,
    "aws:rds/instance:Instance": aws.sized("instanceClass"),
    "aws:rds/clusterInstance:ClusterInstance": aws.sized("instanceClass"),
    "aws:elasticache/cluster:Cluster": aws.sized("nodeType"),
    "aws:elasticache/replicationGroup:ReplicationGroup": aws.sized("nodeType"),
    "aws:opensearch/domain:Domain": aws.sized("clusterConfig.instanceType"),
    "aws:redshift/cluster:Cluster": aws.sized("nodeType"),
    "aws:sagemaker/notebookInstance:NotebookInstance": aws.sized("instanceType"),
    "gcp:compute/instance:Instance": gcp.machine,
    "gcp:compute/instanceGroupManager:InstanceGroupManager": gcp.group,
    "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager": gcp.group,
    "gcp:compute/disk:Disk": gcp.volume,
    "gcp:cloudrunv2/service:Service": gcp.service,
    "gcp:cloudfunctionsv2/function:Function": gcp.function,
    "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment": (
        gcp.garden
    ),
    "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool": gcp.pool,
    "gcp:appengine/flexibleAppVersion:FlexibleAppVersion": gcp.flexible,
    "gcp:compute/forwardingRule:ForwardingRule": gcp.rule,
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": gcp.rule,
    "azure-native:compute:VirtualMachine": azure.machine,
    "azure-native:compute:VirtualMachineScaleSet": azure.scale_set,
    "azure-native:compute:Disk": azure.volume,
    "azure-native:web:AppServicePlan": azure.plan,
    "azure-native:app:ContainerApp": azure.app,
    f"{_ML}:OnlineDeployment": azure.deployment,
    "azure-native:containerregistry:Registry": azure.registry,
    "azure-native:network:ApplicationGateway": azure.gateway,
    "azure-native:containerservice:ManagedCluster": azure.cluster,
    "azure-native:containerservice:AgentPool": azure.pool,
    "kubernetes:core/v1:Service": elsewhere.cluster_service,
    "kubernetes:core/v1:PersistentVolumeClaim": elsewhere.cluster_claim,
    "modelport:gcp:VertexDeployedModel": elsewhere.vertex_model,
    "modelport:heroku:Release": elsewhere.heroku_release,
}
"""Pricers of types whose inputs decide the price."""

_READ = {
    "aws:appautoscaling/target:Target",
    "aws:apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion",
    "aws:ec2/launchConfiguration:LaunchConfiguration",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ecs/taskDefinition:TaskDefinition",
    "aws:lambda/alias:Alias",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    "azure-native:monitor:AutoscaleSetting",
    "azure-native:resources:ResourceGroup",
    "gcp:compute/autoscaler:Autoscaler",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionAutoscaler:RegionAutoscaler",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
}
"""Types that others' prices depend on."""


def is_read(type_token: str) -> bool:
    """Whether the inputs of a type decide a price, its own or that of another."""
    plain = base_type(type_token)
    return plain in PRICERS or plain in MONTHLY or plain in BY_USE or plain in _READ


def bill_of(item: Item) -> Bill:
    """What a resource costs, as far as its inputs say it.

    Raises:
        Later: what the price depends on is known only after the update.
    """
    pricer = PRICERS.get(item.type)
    if pricer is not None:
        return pricer(item)
    if item.type in MONTHLY or item.type in BY_USE:
        return Bill(_monthly(item), tuple(item.rate(*unit) for unit in BY_USE.get(item.type, ())))
    if item.type in UNKNOWN_USE:
        return Bill(by_use=("the price book has no price of its use",))
    if item.type.startswith("kubernetes:"):
        return elsewhere.cluster_object(item)
    why = _why_free(item.type)
    return nothing(why) if why else without_price("the price book does not know this type")


def _monthly(item: Item) -> Parts:
    if item.type not in MONTHLY:
        return Parts()
    service, unit, quantity = MONTHLY[item.type]
    return stands(f"{service} {unit}", item.unit(service, unit), quantity)


@cache
def _why_free(type_token: str) -> str:
    return next((why for pattern, why in FREE if fnmatchcase(type_token, pattern)), "")
