"""Resources as files: without a cluster, with and without the engine."""

from pathlib import Path

import pytest
import yaml

from cluster.conftest import Requesting
from cluster.programs import SHOP
from engine_project import Project
from modelport.cluster.backing import KubernetesBacking
from modelport.cluster.plugin import install_stand_in
from modelport.cluster.problems import ClusterError
from modelport.home import Home

SETTINGS: dict[str, object] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "it"},
    "data": {"a": "1"},
}
TOKEN = "kubernetes:core/v1:ConfigMap"
FILE = "1-manifest/v1-configmap-default-it.yaml"


def test_a_file_comes_changes_and_goes(tmp_path: Path, asked: Requesting) -> None:
    backing = KubernetesBacking()
    request = asked(TOKEN, renderYamlToDirectory=str(tmp_path / "out"))
    inputs = backing.complete(request, SETTINGS, {})
    assert inputs["metadata"] == {"name": "it", "namespace": "default"}
    resource_id, outputs = backing.create(request, inputs)
    assert resource_id == "default/it"
    file = tmp_path / "out" / FILE
    assert yaml.safe_load(file.read_text()) == inputs
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out" / "0-crd").is_dir()
    assert backing.read(request, resource_id, inputs, outputs) == (inputs, outputs)

    changed = {**inputs, "data": {"a": "2"}}
    outputs = backing.update(request, resource_id, inputs, changed, outputs)
    assert yaml.safe_load(file.read_text()) == changed
    file.write_text(file.read_text().replace("'2'", "'3'"))
    seen = backing.read(request, resource_id, changed, outputs)
    assert seen is not None
    assert seen[0]["data"] == {"a": "3"}

    backing.delete(request, resource_id, changed, outputs)
    assert not file.exists()
    assert backing.read(request, resource_id, changed, outputs) is None
    backing.delete(request, resource_id, changed, outputs)  # gone already


def test_definitions_lie_apart_and_kinds_of_the_cluster_have_no_namespace(
    tmp_path: Path, asked: Requesting
) -> None:
    backing = KubernetesBacking()
    token = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
    request = asked(token, renderYamlToDirectory=str(tmp_path))
    inputs: dict[str, object] = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "models.example.com"},
    }
    assert backing.complete(request, inputs, {}) == inputs
    assert backing.create(request, inputs)[0] == "models.example.com"
    (file,) = (tmp_path / "0-crd").iterdir()
    name = "apiextensions.k8s.io_v1-customresourcedefinition-default-models.example.com.yaml"
    assert file.name == name


def test_what_a_file_cannot_be_is_refused(tmp_path: Path, asked: Requesting) -> None:
    backing = KubernetesBacking()
    request = asked(TOKEN, renderYamlToDirectory=str(tmp_path))
    (problem,) = backing.check(request, {"metadata": {"name": "../it"}})
    assert problem.path == "metadata.name"
    with pytest.raises(ClusterError, match="a file cannot be imported"):
        backing.read(request, "default/it", {}, {})
    (tmp_path / "file").write_text("")
    blocked = asked(TOKEN, renderYamlToDirectory=str(tmp_path / "file"))
    with pytest.raises(ClusterError, match=r"cannot be written: .*; choose another"):
        backing.create(blocked, SETTINGS)


@pytest.mark.engine
def test_a_program_is_rendered_without_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path / "project")
    shim = install_stand_in(project.home)
    assert shim
    project.env["KUBECONFIG"] = str(tmp_path / "none")
    folder = tmp_path / "out"
    render = (
        f'\n\ndefault = k8s.Provider("files", render_yaml_to_directory={str(folder)!r})\n'
        "pulumi.runtime.register_stack_transformation(lambda args: "
        "pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, "
        'pulumi.ResourceOptions(provider=default))) if args.type_.startswith("kubernetes:") '
        "else None)\n"
    )
    exported = SHOP.index("pulumi.export")
    program = SHOP[:exported].replace(
        "import pulumi_kubernetes as k8s\n", f"import pulumi_kubernetes as k8s{render}"
    )
    text = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: from-yaml}\n---\n"
    project.program(f"{program}\nk8s.yaml.ConfigGroup('group', yaml=[{text!r}])\n")
    up = project.run("up")
    assert up.ok, up.errors
    names = sorted(path.name for path in (folder / "1-manifest").iterdir())
    assert "apps_v1-deployment-shop-web.yaml" in names
    assert "example.com_v1-model-shop-cancer.yaml" in names
    assert "v1-namespace-default-shop.yaml" in names
    assert "v1-configmap-default-from-yaml.yaml" in names
    deployment = yaml.safe_load(
        (folder / "1-manifest/apps_v1-deployment-shop-web.yaml").read_text()
    )
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "localhost/app:1"
    assert project.run("up").changes == {}
    (folder / "1-manifest/v1-configmap-shop-settings.yaml").unlink()
    assert project.run("refresh").changes == {"delete": 1}
    assert project.run("up").changes == {"create": 1}
    assert project.run("destroy").ok
    assert not list((folder / "1-manifest").iterdir())


def test_an_official_plugin_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    home = Home(tmp_path)
    shim = install_stand_in(home)
    assert shim
    assert install_stand_in(home) == shim
    official = b"\x7fELF" + bytes(8192)
    shim.write_bytes(official)
    assert install_stand_in(home) is None
    assert shim.read_bytes() == official
