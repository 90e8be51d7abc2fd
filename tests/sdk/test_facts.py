"""Facts about well-known types, checked by hand against the SDKs' source."""

import pytest

from modelport import sdk
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Primitive,
    Properties,
    Type,
    UnionType,
)

STRING = Primitive("string")
INTEGER = Primitive("integer")


def inside(kind: Type) -> Properties:
    """Properties of a nested object, or of the items of a list of them."""
    while isinstance(kind, ListType | MapType):
        kind = kind.item
    assert isinstance(kind, ObjectType)
    return sdk.nested(kind.ref)


def required(properties: Properties) -> set[str]:
    return {item.name for item in properties.values() if item.required}


def test_aws_lambda_function() -> None:
    schema = sdk.resource("aws:lambda/function:Function")
    assert required(schema.inputs) == {"role"}
    assert schema.inputs["role"].type == STRING
    memory = schema.inputs["memorySize"]
    assert (memory.python, memory.type, memory.required) == ("memory_size", INTEGER, False)
    assert schema.inputs["code"].type == AssetType()
    assert schema.inputs["tags"].type == MapType(STRING)
    network = inside(schema.inputs["vpcConfig"].type)
    assert network["subnetIds"].type == ListType(STRING)
    assert required(network) == {"subnetIds", "securityGroupIds"}
    assert schema.outputs["arn"].required
    assert schema.outputs["arn"].type == STRING
    assert not schema.outputs["description"].required
    assert inside(schema.outputs["vpcConfig"].type)["vpcId"].type == STRING


def test_an_enum_beside_a_string_is_open() -> None:
    kind = sdk.resource("aws:lambda/function:Function").inputs["runtime"].type
    enum = EnumType("pulumi_aws.lambda_._enums:Runtime")
    assert kind == UnionType((STRING, enum))
    assert {"python3.13", "nodejs22.x", "provided.al2023"} <= set(sdk.members(enum.ref))


def test_an_enum_alone_is_closed() -> None:
    disk = sdk.nested("pulumi_azure_native.compute._inputs:DataDiskArgs")
    enum = EnumType("pulumi_azure_native.compute._enums:CachingTypes")
    assert disk["caching"].type == enum
    assert sdk.members(enum.ref) == ("None", "ReadOnly", "ReadWrite")
    assert disk["lun"].type == INTEGER
    assert required(disk) == {"createOption", "lun"}


def test_azure_native_managed_identity() -> None:
    schema = sdk.resource("azure-native:app:ContainerApp")
    assert required(schema.inputs) == {"resourceGroupName"}
    identity = inside(schema.inputs["identity"].type)
    assert required(identity) == {"type"}
    kind = EnumType("pulumi_azure_native.app._enums:ManagedServiceIdentityType")
    assert identity["type"].type == UnionType((STRING, kind))
    assert identity["userAssignedIdentities"].type == ListType(STRING)


def test_a_discriminator_has_its_only_value() -> None:
    create = sdk.nested(
        "pulumi_azure_native.dbforpostgresql._inputs:ServerPropertiesForRestoreArgs"
    )
    assert create["createMode"].type == LiteralType(("PointInTimeRestore",))
    assert create["createMode"].required  # a dictionary has to bring it
    assert create["createMode"].default is None
    kind = sdk.resource("azure-native:kusto:ReadWriteDatabase").inputs["kind"]
    assert (kind.type, kind.default) == (LiteralType(("ReadWrite",)), "ReadWrite")


def test_gcp_cloud_run_service() -> None:
    schema = sdk.resource("gcp:cloudrunv2/service:Service")
    assert required(schema.inputs) == {"location", "template"}
    container = inside(inside(schema.inputs["template"].type)["containers"].type)
    assert required(container) == {"image"}
    assert container["envs"].python == "envs"
    assert inside(container["resources"].type)["limits"].type == MapType(STRING)
    assert schema.outputs["uri"].required


def test_kubernetes_deployment() -> None:
    schema = sdk.resource("kubernetes:apps/v1:Deployment")
    assert required(schema.inputs) == {"spec"}
    assert schema.inputs["apiVersion"].type == LiteralType(("apps/v1",))
    assert schema.inputs["apiVersion"].default == "apps/v1"
    assert schema.inputs["kind"].default == "Deployment"
    meta = schema.inputs["metadata"].type
    assert meta == ObjectType("pulumi_kubernetes.meta.v1._inputs:ObjectMetaArgs")
    spec = inside(schema.inputs["spec"].type)
    assert required(spec) == {"selector", "template"}
    template = inside(spec["template"].type)
    assert template["spec"].type == ObjectType("pulumi_kubernetes.core.v1._inputs:PodSpecArgs")
    container = inside(inside(template["spec"].type)["containers"].type)
    assert container["image"].type == STRING
    assert required(container) == {"name"}
    port = inside(container["ports"].type)["containerPort"]
    assert (port.type, port.required) == (INTEGER, True)
    assert schema.outputs["metadata"].type == ObjectType(
        "pulumi_kubernetes.meta.v1.outputs:ObjectMeta"
    )


def test_kubernetes_patches_and_lists() -> None:
    patch = sdk.resource("kubernetes:batch/v1:JobPatch")
    assert required(patch.inputs) == set()
    assert patch.inputs["kind"].default == "Job"
    assert not inside(inside(inside(patch.inputs["spec"].type)["template"].type)["spec"].type)[
        "containers"
    ].required
    listed = sdk.resource("kubernetes:core/v1:PodList")
    assert required(listed.inputs) == {"items"}
    assert isinstance(listed.inputs["items"].type, ListType)


def test_kubernetes_custom_resources_are_extensible() -> None:
    monitor = sdk.resource("kubernetes:monitoring.coreos.com/v1:ServiceMonitor")
    assert monitor.extensible
    assert required(monitor.inputs) == {"apiVersion", "kind"}
    assert monitor.inputs["spec"].type == AnyType()
    assert not sdk.resource("kubernetes:apps/v1:Deployment").extensible


def test_types_may_hold_themselves() -> None:
    schema = sdk.nested("pulumi_kubernetes.apiextensions.v1._inputs:JSONSchemaPropsArgs")
    itself = ObjectType("pulumi_kubernetes.apiextensions.v1._inputs:JSONSchemaPropsArgs")
    assert schema["allOf"].type == ListType(itself)
    assert schema["$ref"].type == STRING
    assert schema["additionalProperties"].type == UnionType((itself, Primitive("boolean")))


def test_secrets() -> None:
    database = sdk.resource("aws:rds/instance:Instance")
    assert database.secret_outputs == {"password", "passwordWo"}
    assert database.inputs["passwordWo"].secret
    assert database.outputs["passwordWo"].secret
    assert not database.inputs["username"].secret
    secret = sdk.resource("kubernetes:core/v1:Secret")
    assert secret.secret_outputs == {"data", "stringData"}
    assert secret.inputs["stringData"].secret


def test_defaults_that_the_sdk_sends() -> None:
    group = sdk.resource("aws:redshift/parameterGroup:ParameterGroup")
    assert group.inputs["description"].default == "Managed by Pulumi"
    provider = sdk.resource("pulumi:providers:aws")
    assert provider.inputs["skipRegionValidation"].default is True
    assert provider.inputs["region"].default is None  # asked of the environment


@pytest.mark.parametrize(
    ("package", "name", "kind"),
    [
        ("aws", "maxRetries", INTEGER),
        ("gcp", "project", STRING),
        ("azure-native", "subscriptionId", STRING),
        ("kubernetes", "kubeconfig", STRING),
    ],
)
def test_config_of_providers(package: str, name: str, kind: Type) -> None:
    schema = sdk.resource(f"pulumi:providers:{package}")
    assert schema.inputs[name].type == kind
    assert required(schema.inputs) == set()


def test_secrets_of_a_provider() -> None:
    inputs = sdk.resource("pulumi:providers:aws").inputs
    assert {item.name for item in inputs.values() if item.secret} == {
        "accessKey",
        "secretKey",
        "token",
    }


def test_functions_tell_what_they_need() -> None:
    cluster = sdk.function("aws:eks/getCluster:getCluster")
    assert required(cluster.inputs) == {"name"}
    assert cluster.inputs["tags"].type == MapType(STRING)
    assert cluster.outputs["endpoint"].required
    image = sdk.function("aws:ec2/getAmi:getAmi")
    assert required(image.inputs) == set()
    assert image.inputs["filters"].type == ListType(
        ObjectType("pulumi_aws.ec2._inputs:GetAmiFilterArgs")
    )
    machine = sdk.function("azure-native:compute:getVirtualMachine")
    assert required(machine.inputs) == {"resourceGroupName", "vmName"}


def test_a_function_with_a_plain_result() -> None:
    region = sdk.function("gcp:index/regionFromZone:regionFromZone")
    assert required(region.inputs) == {"zone"}
    assert [(item.name, item.type) for item in region.outputs.values()] == [("result", STRING)]


def test_replacements_that_the_documentation_names() -> None:
    application = sdk.resource("aws:accountaccess/application:Application").inputs
    assert application["identitySource"].replaces
    assert not application["tags"].replaces
    binding = sdk.resource("gcp:accesscontextmanager/gcpUserAccessBinding:GcpUserAccessBinding")
    assert binding.inputs["groupKey"].replaces
    assert not binding.inputs["accessLevels"].replaces


def test_values_that_the_documentation_lists() -> None:
    zone = sdk.resource("gcp:dns/managedZone:ManagedZone").inputs
    assert zone["visibility"].documented == ("private", "public")
    assert zone["dnsName"].documented == ()
