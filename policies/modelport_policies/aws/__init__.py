"""Rules about resources of AWS, a module for each subject."""

from modelport_policies.aws import (
    beanstalk,
    containers,
    functions,
    functions_operation,
    gateways,
    identity,
    keys,
    machines,
    machines_operation,
    network,
    registry,
    sagemaker,
    sagemaker_operation,
    sagemaker_scaling,
    storage,
)

SECURITY = (
    *sagemaker.SECURITY,
    *functions.SECURITY,
    *gateways.SECURITY,
    *containers.SECURITY,
    *registry.SECURITY,
    *beanstalk.SECURITY,
    *machines.SECURITY,
    *network.SECURITY,
    *storage.SECURITY,
    *identity.SECURITY,
    *keys.SECURITY,
)
RELIABILITY = (
    *sagemaker_operation.RELIABILITY,
    *sagemaker_scaling.RELIABILITY,
    *functions_operation.RELIABILITY,
    *gateways.RELIABILITY,
    *containers.RELIABILITY,
    *registry.RELIABILITY,
    *beanstalk.RELIABILITY,
    *machines_operation.RELIABILITY,
    *storage.RELIABILITY,
)
COST = (
    *sagemaker_operation.COST,
    *sagemaker_scaling.COST,
    *functions_operation.COST,
    *gateways.COST,
    *containers.COST,
    *registry.COST,
    *machines_operation.COST,
    *network.COST,
    *storage.COST,
)
