"""Which cluster a provider's config leads to."""

import json
import socket
from pathlib import Path

import pytest
import yaml

from cluster.conftest import Requesting
from modelport.cluster.backing import KubernetesBacking
from modelport.cluster.connection import connect
from modelport.cluster.manifest import Kind
from modelport.cluster.problems import ClusterError, Unreachable
from modelport.cluster.server import Server
from modelport.provider.wire import UNKNOWN


def kubeconfig(server: str = "https://one.example.com", **more: str) -> str:
    content = {
        "current-context": "first",
        "clusters": [
            {"name": "one", "cluster": {"server": server}},
            {"name": "two", "cluster": {"server": "https://two.example.com"}},
        ],
        "users": [{"name": "jane", "user": {"token": "t"}}],
        "contexts": [
            {"name": "first", "context": {"cluster": "one", "user": "jane"}},
            {"name": "second", "context": {"cluster": "two", "user": "jane", "namespace": "team"}},
        ],
    }
    return yaml.safe_dump({**content, **more})


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the tester's own clusters."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_contents_and_paths_lead_to_the_same_cluster(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(kubeconfig())
    as_json = json.dumps(yaml.safe_load(kubeconfig()))
    for given in (kubeconfig(), as_json, str(file)):
        connection = connect({"kubeconfig": given})
        assert connection.address == "https://one.example.com"
        assert connection.namespace == "default"


def test_context_cluster_and_namespace_are_chosen() -> None:
    config: dict[str, object] = {"kubeconfig": kubeconfig(), "context": "second"}
    assert connect(config).address == "https://two.example.com"
    assert connect(config).namespace == "team"
    assert connect({**config, "namespace": "mine"}).namespace == "mine"
    assert connect({**config, "cluster": "one"}).address == "https://one.example.com"


def test_the_environment_may_name_several_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("current-context: second\n")
    second.write_text(kubeconfig())
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path / 'missing'}:{second}")
    assert connect({}).address == "https://two.example.com"


def test_the_home_has_a_kubeconfig_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"no cluster is configured: .* set KUBECONFIG"):
        connect({})
    folder = tmp_path / "home" / ".kube"
    folder.mkdir(parents=True)
    (folder / "config").write_text(kubeconfig())
    assert connect({}).address == "https://one.example.com"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"context": "third"}, "kubeconfig: context 'third' is not in it; it has first, second"),
        ({"cluster": "three"}, "kubeconfig: cluster 'three' is not in it; it has one, two"),
        ({"kubeconfig": "/missing"}, "kubeconfig: there is no file '/missing'; give a path or"),
        ({"kubeconfig": "a: [\nb"}, "kubeconfig: the contents are no YAML"),
        ({"kubeconfig": "- a\n- b"}, "kubeconfig: the contents are no kubeconfig"),
        ({"kubeconfig": "{}"}, "kubeconfig: it names no current context; it has no contexts"),
    ],
)
def test_mistakes_are_sentences(config: dict[str, object], sentence: str) -> None:
    with pytest.raises(ClusterError) as caught:
        connect({"kubeconfig": kubeconfig(), **config})
    assert str(caught.value).startswith(sentence)


def test_a_cluster_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    connection = connect({"kubeconfig": kubeconfig(f"https://127.0.0.1:{port}")})
    with pytest.raises(Unreachable) as caught:
        Server(connection).get(Kind("v1", "ConfigMap"), "default", "it")
    said = str(caught.value)
    assert f"no answer from the Kubernetes API at https://127.0.0.1:{port}: " in said
    assert "refused" in said
    assert said.endswith("check the kubeconfig and the network")


def test_without_an_answer_a_preview_goes_on_and_an_update_does_not(
    asked: Requesting, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    given = kubeconfig(f"https://127.0.0.1:{port}")
    backing = KubernetesBacking()
    request = asked("kubernetes:core/v1:ConfigMap", kubeconfig=given)
    inputs: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "it", "namespace": "shop"},
        "data": {"a": "1"},
    }
    assert backing.complete(request, inputs, {}) == inputs
    assert backing.preview(request, inputs, None)["data"] == {"a": "1"}
    outputs = {**inputs, "status": {}}
    hint = "set PULUMI_K8S_DELETE_UNREACHABLE=true"
    with pytest.raises(Unreachable):
        backing.create(request, inputs)
    with pytest.raises(Unreachable, match=hint):
        backing.read(request, "shop/it", inputs, outputs)
    with pytest.raises(Unreachable, match=hint):
        backing.delete(request, "shop/it", inputs, outputs)
    gone = asked("kubernetes:core/v1:ConfigMap", kubeconfig=given, deleteUnreachable=True)
    assert backing.read(gone, "shop/it", inputs, outputs) is None
    backing.delete(gone, "shop/it", inputs, outputs)
    kept = asked("kubernetes:core/v1:ConfigMap", kubeconfig=given, skipUpdateUnreachable=True)
    assert backing.read(kept, "shop/it", inputs, outputs) == (inputs, outputs)


def test_a_kubeconfig_that_is_not_known_yet_is_no_mistake(asked: Requesting) -> None:
    backing = KubernetesBacking()
    assert backing.check_config({"kubeconfig": UNKNOWN}) == []
    request = asked("kubernetes:core/v1:Namespace", kubeconfig=UNKNOWN)
    inputs: dict[str, object] = {"metadata": {"name": "it"}}
    previewed = backing.preview(request, inputs, None)
    assert previewed["metadata"] == {
        "name": "it",
        "uid": UNKNOWN,
        "creationTimestamp": UNKNOWN,
        "resourceVersion": UNKNOWN,
        "generation": UNKNOWN,
    }
