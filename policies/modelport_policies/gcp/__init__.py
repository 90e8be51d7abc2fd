"""Rules about resources of Google Cloud, a module for each subject."""

from modelport_policies.gcp import (
    identity,
    keys,
    machines,
    networks,
    serving,
    serving_network,
    serving_operation,
    storage,
)

SECURITY = (
    *serving.SECURITY,
    *serving_network.SECURITY,
    *machines.SECURITY,
    *storage.SECURITY,
    *networks.SECURITY,
    *identity.SECURITY,
    *keys.SECURITY,
)
RELIABILITY = (
    *serving.RELIABILITY,
    *serving_operation.RELIABILITY,
    *storage.RELIABILITY,
)
COST = (
    *serving_operation.COST,
    *machines.COST,
    *storage.COST,
    *networks.COST,
)
