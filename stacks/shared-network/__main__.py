"""A network that a platform team keeps for many models; other stacks read its outputs."""

import pulumi
import pulumi_aws as aws

tags = {"owner": "platform", "managed-by": "pulumi"}
zones = aws.get_availability_zones_output(state="available").names
network = aws.ec2.Vpc("models", cidr_block="10.40.0.0/16", enable_dns_hostnames=True, tags=tags)
subnets = [
    aws.ec2.Subnet(
        f"models-{index}",
        vpc_id=network.id,
        cidr_block=f"10.40.{index}.0/24",
        availability_zone=zones[index],
        tags=tags,
    )
    for index in range(2)
]

pulumi.export("vpc", network.id)
pulumi.export("subnets", [subnet.id for subnet in subnets])
