"""Functions of the Kubernetes SDK that need no cluster, and what is not served."""

import pytest

from cluster.conftest import Requesting
from modelport.cluster.backing import KubernetesBacking
from modelport.cluster.problems import ClusterError
from modelport.sdk.types import FunctionSchema


def invoke(token: str, **arguments: object) -> dict[str, object]:
    return KubernetesBacking().invoke(FunctionSchema(token, {}), arguments, {})


def test_yaml_becomes_objects() -> None:
    text = "kind: A\n---\n---\nkind: BList\nitems: [{kind: B}, {kind: B}]\n"
    answer = invoke("kubernetes:yaml:decode", text=text)
    assert answer["result"] == [{"kind": "A"}, {"kind": "B"}, {"kind": "B"}]


def test_a_default_namespace_yields_to_the_written_one() -> None:
    text = "metadata: {name: a}\n---\nmetadata: {name: b, namespace: own}\n"
    text += "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: c}\n"
    answer = invoke("kubernetes:yaml:decode", text=text, defaultNamespace="shop")
    assert answer["result"] == [
        {"metadata": {"name": "a", "namespace": "shop"}},
        {"metadata": {"name": "b", "namespace": "own"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "c"}},
    ]


def test_what_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(ClusterError, match="it is no YAML in line 3"):
        invoke("kubernetes:yaml:decode", text="a: 1\nb: [\n")


def test_charts_are_refused(asked: Requesting) -> None:
    with pytest.raises(ClusterError, match="helm template"):
        invoke("kubernetes:helm:template")
    (problem,) = KubernetesBacking().check(asked("kubernetes:helm.sh/v3:Release"), {"chart": "x"})
    assert problem.path == "chart"
    assert "official plugin" in problem.reason
