"""Kubernetes for sites that cannot download the official plugin: files, or a real cluster.

backing.py      which of the two a provider instance wants
render.py       resources as YAML files
apply.py        resources as objects of a cluster
lists.py        lists of objects
target.py       one resource's place, and who writes there
connection.py   kubeconfig to client
server.py       the calls to the API
forward.py      a request to a pod, through the API
problems.py     what the API refused, in a sentence
manifest.py     inputs to objects, ids
options.py      annotations `pulumi.com/…`
readiness.py    whether an object is ready, purely
wait_for.py     conditions that a program names
plugin.py       the stand-in, where the engine looks for the official plugin
pods.py         why pods are not ready
waiting.py      until ready, until gone
foresight.py    outputs before an update
drift.py        what became of the fields that a program set
invoke.py       functions
scopes.py       kinds of the whole cluster
"""
