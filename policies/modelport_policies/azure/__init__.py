"""Rules about resources of Azure, a module for each subject."""

from modelport_policies.azure import functions, machine_learning, machines, networks, storage, web

SECURITY = (
    *machine_learning.SECURITY,
    *web.SECURITY,
    *functions.SECURITY,
    *machines.SECURITY,
    *storage.SECURITY,
)
RELIABILITY = (
    *machine_learning.RELIABILITY,
    *web.RELIABILITY,
    *machines.RELIABILITY,
    *storage.RELIABILITY,
)
COST = (
    *machine_learning.COST,
    *web.COST,
    *machines.COST,
    *networks.COST,
    *storage.COST,
)
