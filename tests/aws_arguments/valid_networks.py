"""Inputs that AWS takes: data, machines, networks."""

from typing import Any

from aws_arguments.valid_documents import (
    AT_RESOURCE,
    GROUP,
    KEY,
    REGION,
    SUBNET,
    TAGS,
    TARGETS,
    VPC,
)

NETWORKS: dict[str, dict[str, Any]] = {
    "aws:s3/bucket:Bucket": {"bucket": "models", "forceDestroy": True, "tags": TAGS},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        "bucket": "models",
        "blockPublicAcls": True,
        "restrictPublicBuckets": True,
    },
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
        "bucket": "models",
        "rules": [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": "aws:kms",
                    "kmsMasterKeyId": KEY,
                },
                "bucketKeyEnabled": True,
            }
        ],
    },
    "aws:s3/bucketVersioning:BucketVersioning": {
        "bucket": "models",
        "versioningConfiguration": {"status": "Enabled"},
    },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "bucket": "models",
        "rules": [
            {
                "id": "old",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrentVersionExpiration": {"noncurrentDays": 30},
            }
        ],
    },
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
        "bucket": "models",
        "rule": {"objectOwnership": "BucketOwnerEnforced"},
    },
    "aws:s3/bucketPolicy:BucketPolicy": {"bucket": "models", "policy": AT_RESOURCE},
    "aws:s3/bucketObjectv2:BucketObjectv2": {
        "bucket": "models",
        "key": "1.zip",
        "source": {
            "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
            "hash": "0",
        },
        "serverSideEncryption": "aws:kms",
        "tags": TAGS,
    },
    "aws:dynamodb/table:Table": {
        "name": "audit",
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "id",
        "attributes": [{"name": "id", "type": "S"}],
        "serverSideEncryption": {"enabled": True},
        "pointInTimeRecovery": {"enabled": True},
    },
    "aws:ec2/launchTemplate:LaunchTemplate": {
        "name": "cancer",
        "imageId": "ami-0123456789abcdef0",
        "instanceType": "g4dn.xlarge",
        "metadataOptions": {"httpTokens": "required", "httpEndpoint": "enabled"},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {"volumeSize": 30, "volumeType": "gp3", "encrypted": "true"},
            }
        ],
        "vpcSecurityGroupIds": [GROUP],
        "tagSpecifications": [{"resourceType": "instance", "tags": TAGS}],
        "updateDefaultVersion": True,
    },
    "aws:autoscaling/group:Group": {
        "name": "cancer",
        "minSize": 1,
        "maxSize": 3,
        "vpcZoneIdentifiers": [SUBNET],
        "targetGroupArns": [TARGETS],
        "launchTemplate": {"id": "lt-0123456789abcdef0", "version": "1"},
        "instanceRefresh": {
            "strategy": "Rolling",
            "preferences": {"minHealthyPercentage": 100, "instanceWarmup": "60"},
        },
        "tags": [{"key": "owner", "value": "diagnostics", "propagateAtLaunch": True}],
    },
    "aws:autoscaling/policy:Policy": {
        "name": "by-load",
        "autoscalingGroupName": "cancer",
        "policyType": "TargetTrackingScaling",
        "targetTrackingConfiguration": {
            "targetValue": 60,
            "predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"},
        },
    },
    "aws:ec2/vpc:Vpc": {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "tags": TAGS},
    "aws:ec2/subnet:Subnet": {
        "vpcId": VPC,
        "cidrBlock": "10.0.0.0/24",
        "mapPublicIpOnLaunch": False,
    },
    "aws:ec2/routeTable:RouteTable": {"vpcId": VPC, "tags": TAGS},
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {
        "routeTableId": "rtb-0123456789abcdef0",
        "subnetId": SUBNET,
    },
    "aws:ec2/route:Route": {
        "routeTableId": "rtb-0123456789abcdef0",
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": "igw-0123456789abcdef0",
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "vpcId": VPC,
        "serviceName": f"com.amazonaws.{REGION}.ecr.api",
        "vpcEndpointType": "Interface",
        "privateDnsEnabled": True,
        "subnetIds": [SUBNET],
        "securityGroupIds": [GROUP],
    },
    "aws:ec2/internetGateway:InternetGateway": {"vpcId": VPC},
    "aws:ec2/natGateway:NatGateway": {
        "subnetId": SUBNET,
        "allocationId": "eipalloc-0123456789abcdef0",
    },
    "aws:ec2/eip:Eip": {"domain": "vpc", "tags": TAGS},
    "aws:ec2/securityGroup:SecurityGroup": {
        "name": "web",
        "description": "callers",
        "vpcId": VPC,
        "ingress": [
            {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}
        ],
    },
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {"vpcId": VPC, "tags": TAGS},
    "aws:ec2/securityGroupRule:SecurityGroupRule": {
        "type": "ingress",
        "securityGroupId": GROUP,
        "protocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "cidrBlocks": ["10.0.0.0/8"],
    },
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
        "securityGroupId": GROUP,
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "cidrIpv4": "10.0.0.0/8",
        "description": "callers",
    },
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
        "securityGroupId": GROUP,
        "ipProtocol": "-1",
        "referencedSecurityGroupId": GROUP,
    },
}
