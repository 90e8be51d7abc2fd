"""Inputs that AWS takes: load balancers, ECS, Elastic Beanstalk."""

import json
from typing import Any

from aws_arguments.valid_documents import (
    CERTIFICATE,
    CONTAINERS,
    GROUP,
    LB,
    ROLE,
    SUBNET,
    TARGETS,
    VPC,
)

APPS: dict[str, dict[str, Any]] = {
    "aws:lb/loadBalancer:LoadBalancer": {
        "name": "cancer",
        "internal": True,
        "loadBalancerType": "application",
        "subnets": [SUBNET],
        "securityGroups": [GROUP],
        "idleTimeout": 60,
        "accessLogs": {"enabled": True, "bucket": "logs"},
    },
    "aws:lb/targetGroup:TargetGroup": {
        "name": "cancer",
        "port": 8080,
        "protocol": "HTTP",
        "targetType": "ip",
        "vpcId": VPC,
        "deregistrationDelay": 30,
        "healthCheck": {"path": "/readyz", "interval": 10, "matcher": "200"},
    },
    "aws:lb/listener:Listener": {
        "loadBalancerArn": f"{LB}:loadbalancer/app/cancer/0123456789abcdef",
        "port": 443,
        "protocol": "HTTPS",
        "certificateArn": CERTIFICATE,
        "defaultActions": [
            {
                "type": "forward",
                "forward": {"targetGroups": [{"arn": TARGETS, "weight": 100}]},
            }
        ],
    },
    "aws:lb/listenerRule:ListenerRule": {
        "listenerArn": f"{LB}:listener/app/cancer/0123456789abcdef/0123456789abcdef",
        "priority": 10,
        "actions": [{"type": "forward", "targetGroupArn": TARGETS}],
        "conditions": [{"pathPattern": {"values": ["/predict"]}}],
    },
    "aws:ecs/cluster:Cluster": {
        "name": "cancer",
        "settings": [{"name": "containerInsights", "value": "enabled"}],
    },
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {
        "clusterName": "cancer",
        "capacityProviders": ["FARGATE"],
    },
    "aws:ecs/taskDefinition:TaskDefinition": {
        "family": "cancer",
        "cpu": "512",
        "memory": "1024",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "executionRoleArn": ROLE,
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": json.dumps(CONTAINERS),
    },
    "aws:ecs/service:Service": {
        "name": "cancer",
        "cluster": "cancer",
        "taskDefinition": "cancer:1",
        "desiredCount": 2,
        "launchType": "FARGATE",
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentConfiguration": {
            "strategy": "CANARY",
            "bakeTimeInMinutes": "0",
            "canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": "10"},
        },
        "networkConfiguration": {"subnets": [SUBNET], "assignPublicIp": False},
        "waitForSteadyState": True,
    },
    "aws:elasticbeanstalk/application:Application": {"name": "cancer"},
    "aws:elasticbeanstalk/applicationVersion:ApplicationVersion": {
        "name": "1",
        "application": "cancer",
        "bucket": "versions",
        "key": "1.zip",
    },
    "aws:elasticbeanstalk/environment:Environment": {
        "name": "cancer-live",
        "application": "cancer",
        "version": "1",
        "tier": "WebServer",
        "solutionStackName": "64bit Amazon Linux 2023 v4.3.0 running Docker",
        "settings": [
            {"namespace": "aws:autoscaling:asg", "name": "MinSize", "value": "1"},
        ],
    },
}
