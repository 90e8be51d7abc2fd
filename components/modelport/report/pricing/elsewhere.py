"""Objects of clusters, and resource types of our own outside a component."""

from modelport.prices import Case, Scale, Workload
from modelport.prices.machines import instances
from modelport.report.pricing.bill import Bill, nothing, without_price
from modelport.report.pricing.gcp import vertex_machines
from modelport.report.pricing.item import Item


def cluster_object(item: Item) -> Bill:
    """An object of Kubernetes, which runs on machines that are paid for by themselves."""
    del item
    return nothing("it runs on the cluster's own machines")


def cluster_service(item: Item) -> Bill:
    """A service, for which a cluster may order a load balancer from its cloud."""
    if item.text("spec.type") == "LoadBalancer":
        return without_price("the load balancer that the cluster's cloud makes for it")
    return cluster_object(item)


def cluster_claim(item: Item) -> Bill:
    """A claim of storage, for which a cluster may order a disk from its cloud."""
    del item
    return without_price("the disk that the cluster's storage class makes for it")


def vertex_model(item: Item) -> Bill:
    """A model of ours on machines of Vertex AI."""
    least = item.amount("min_replicas", 1)
    return Bill(
        vertex_machines(
            item.case(least, item.amount("max_replicas", least)),
            item.text("machine_type"),
            item.text("accelerator_type"),
            item.amount("accelerator_count"),
            spot=item.flag("spot"),
        )
    )


def heroku_release(item: Item) -> Bill:
    """Dynos of a release of ours."""
    count = int(item.amount("quantity", 1))
    case = Case(item.book, "heroku", "us", Workload(0, 100), Scale(count, count))
    return Bill(instances(case, "dyno", item.text("size", "basic")))
