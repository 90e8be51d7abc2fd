"""The gateway of a scale set: TLS with a certificate of Key Vault, probes, draining."""

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.network import ServingNetwork, public_address
from modelport.platforms.azure.vm.plan import AzureVmPlan
from modelport.platforms.container import PORT, READY

_PRIVATE_ADDRESS = "10.70.0.10"
_REQUEST_SECONDS = 60
_net = azure.network


def gateway(
    plan: AzureVmPlan,
    where: Group,
    network: ServingNetwork,
    who: azure.managedidentity.UserAssignedIdentity,
) -> tuple[azure.network.ApplicationGateway, pulumi.Output[str]]:
    """An application gateway, inside the network unless the internet is asked for; and its URL."""
    own = where.subscription.apply(lambda subscription: f"/subscriptions/{subscription}")
    base = pulumi.Output.format(
        "{0}/resourceGroups/{1}/providers/Microsoft.Network/applicationGateways/{2}",
        own,
        where.name,
        plan.physical_name,
    )

    def part(collection: str, name: str) -> azure.network.SubResourceArgs:
        """A part of the gateway itself, which names its parts by id."""
        return _net.SubResourceArgs(id=base.apply(lambda found: f"{found}/{collection}/{name}"))

    tls = plan.certificate is not None
    front, url = _front(plan, where, network)
    made = _net.ApplicationGateway(
        f"{plan.name}-gateway",
        application_gateway_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        sku=_net.ApplicationGatewaySkuArgs(name="Standard_v2", tier="Standard_v2"),
        autoscale_configuration=_net.ApplicationGatewayAutoscaleConfigurationArgs(
            min_capacity=1, max_capacity=4
        ),
        identity=_net.ManagedServiceIdentityArgs(
            type=_net.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[who.id]
        ),
        gateway_ip_configurations=[
            _net.ApplicationGatewayIPConfigurationArgs(
                name="gateway", subnet=_net.SubResourceArgs(id=network.gateway)
            )
        ],
        frontend_ip_configurations=[front],
        frontend_ports=[
            _net.ApplicationGatewayFrontendPortArgs(name="port", port=443 if tls else 80)
        ],
        ssl_certificates=[
            _net.ApplicationGatewaySslCertificateArgs(
                name="certificate", key_vault_secret_id=plan.certificate
            )
        ]
        if tls
        else [],
        ssl_policy=_net.ApplicationGatewaySslPolicyArgs(
            policy_type="Predefined", policy_name="AppGwSslPolicy20220101"
        ),
        backend_address_pools=[_net.ApplicationGatewayBackendAddressPoolArgs(name="machines")],
        probes=[
            _net.ApplicationGatewayProbeArgs(
                name="ready",
                protocol="Http",
                host="127.0.0.1",
                path=READY,
                interval=5,
                timeout=4,
                unhealthy_threshold=2,
            )
        ],
        backend_http_settings_collection=[
            _net.ApplicationGatewayBackendHttpSettingsArgs(
                name="http",
                port=PORT,
                protocol="Http",
                cookie_based_affinity="Disabled",
                request_timeout=_REQUEST_SECONDS,
                connection_draining=_net.ApplicationGatewayConnectionDrainingArgs(
                    enabled=True, drain_timeout_in_sec=_REQUEST_SECONDS
                ),
                probe=part("probes", "ready"),
            )
        ],
        http_listeners=[
            _net.ApplicationGatewayHttpListenerArgs(
                name="listener",
                frontend_ip_configuration=part("frontendIPConfigurations", "front"),
                frontend_port=part("frontendPorts", "port"),
                protocol="Https" if tls else "Http",
                ssl_certificate=part("sslCertificates", "certificate") if tls else None,
                host_name=plan.domain,
            )
        ],
        request_routing_rules=[
            _net.ApplicationGatewayRequestRoutingRuleArgs(
                name="rule",
                rule_type="Basic",
                priority=100,
                http_listener=part("httpListeners", "listener"),
                backend_address_pool=part("backendAddressPools", "machines"),
                backend_http_settings=part("backendHttpSettingsCollection", "http"),
            )
        ],
        tags=plan.tags,
        opts=where.opts,
    )
    return made, url


def _front(
    plan: AzureVmPlan, where: Group, network: ServingNetwork
) -> tuple[azure.network.ApplicationGatewayFrontendIPConfigurationArgs, pulumi.Output[str]]:
    protocol = "https" if plan.certificate else "http"
    named = pulumi.Output.from_input(f"{protocol}://{plan.domain}")
    configuration = _net.ApplicationGatewayFrontendIPConfigurationArgs
    if plan.exposure == "public":
        address = public_address(plan, where, "front")
        front = configuration(name="front", public_ip_address=_net.SubResourceArgs(id=address.id))
        url = address.ip_address.apply(lambda found: f"{protocol}://{found}")
        return front, named if plan.domain else url
    front = configuration(
        name="front",
        private_ip_address=_PRIVATE_ADDRESS if plan.gateway_subnet is None else None,
        private_ip_allocation_method="Static" if plan.gateway_subnet is None else "Dynamic",
        subnet=_net.SubResourceArgs(id=network.gateway),
    )
    url = pulumi.Output.from_input(f"{protocol}://{_PRIVATE_ADDRESS}")
    return front, named if plan.domain else url
