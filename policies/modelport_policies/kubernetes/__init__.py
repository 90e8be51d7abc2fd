"""Rules about resources of Kubernetes, a module for each subject."""

from modelport_policies.kubernetes import kserve, pods, workloads

SECURITY = (*pods.SECURITY, *workloads.SECURITY)
RELIABILITY = (*pods.RELIABILITY, *workloads.RELIABILITY, *kserve.RELIABILITY)
COST = (*pods.COST, *workloads.COST, *kserve.COST)
