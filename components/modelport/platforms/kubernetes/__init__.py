"""Kind `kubernetes`: pods of any conformant Kubernetes cluster.

plan.py        what is decided
manifests.py   the objects as Kubernetes reads them
pods.py        the pods among them
overlays.py    changes to them that a user wants
protection.py  what protects them, and whether a change takes it away
resources.py   the objects as resources
live.py        the live service: read back, asked, moved
names.py       labels and names that these share
traffic.py     where requests go: a service's selector, a route's weights
movement.py    requests from one revision's pods to another's
fleet.py       the pods of its revisions: how many, whether they are ready
counting.py    what pods counted of their requests
"""
