"""The life of a deployment of one kind with the real engine, offline: what every kind must pass."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_arguments.api_models import check_state
from engine_project import ROOT
from modelport.home import Home
from modelport.verify import NOT_VERIFIED
from offline_project import OfflineProject, Run
from records import golden, record

NAME = "cancer"
FIRST, SECOND = "3f2a0c4d5e6f7081", "9bc1ff2000a1b2c3"
"""Two versions of the bundle."""
_STILL = frozenset({"same", "read"})
PACKS = ",".join(str(ROOT / "policies" / pack) for pack in ("cost", "reliability", "security"))


@dataclass(slots=True)
class Lived:
    """What each step of a life did, and what the state held."""

    made: Run
    """The first update."""
    model: Run
    """The update to another model version."""
    size: Run
    """The update to another size."""
    state: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Resources after the first update, by name."""
    later: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Resources after the update to another model version, by name."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the deployment exported after the first update."""


def place_bundle(home: Home, version: str) -> None:
    """A built bundle as plans and previews read it; its model is none."""
    folder = home.bentoml / "bentos" / "breast_cancer" / version
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "bento.yaml").write_text("name: breast_cancer\n")
    (folder / "src" / "bundle.json").write_text(record(version=version).model_dump_json())
    (folder / "src" / "golden.json").write_text(golden().model_dump_json())
    pins = folder / "env" / "python" / "requirements.txt"
    pins.parent.mkdir(parents=True, exist_ok=True)
    pins.write_text("scikit-learn==1.8.0\n")
    model = home.bentoml / "models" / "breast_cancer" / version
    model.mkdir(parents=True, exist_ok=True)
    (model / "model.yaml").write_text("name: breast_cancer\n")
    (model / "model.joblib").write_bytes(version.encode())


def project_for(folder: Path) -> OfflineProject:
    """A project with two versions of a bundle and the framework's own program."""
    made = OfflineProject(folder)
    for version in (FIRST, SECOND):
        place_bundle(made.home, version)
    return made


def declare(
    project: OfflineProject, target: Mapping[str, Any], version: str = FIRST, **more: Any
) -> None:
    """Write the stack's file: one deployment, on this target."""
    environment = more.pop("environment", "dev")
    deployment = {
        "bundle": f"breast_cancer@{version}",
        "owner": "diagnostics",
        "target": dict(target),
        **more,
    }
    project.settings(modelport__deployments={NAME: deployment}, modelport__environment=environment)


def live(
    project: OfflineProject,
    target: Mapping[str, Any],
    *,
    resized: Mapping[str, Any],
    drift: tuple[str, dict[str, Any]] | None,
    packs: bool = False,
    **deployment: Any,
) -> Lived:
    """Preview, up, up, another model, another size, drift, destroy; asserts what holds for all.

    Args:
        project: Where.
        target: The target, as a user writes it.
        resized: The same with another size.
        drift: Name of a resource, and what a refresh finds changed in it; none for a kind whose
            resources are all ours, which offline find none.
        packs: Whether the policy packs look at the first update.
        deployment: More of the deployment, and `environment`.
    """
    declare(project, target, **deployment)
    previewed = project.do("preview")
    assert previewed.ok, previewed.messages
    assert set(previewed.steps.values()) <= {"create", "read"}
    made = _with_packs(project, deployment.get("limits", {})) if packs else project.do("up")
    assert made.ok, made.messages
    assert made.steps == previewed.steps
    lived = Lived(made, made, made, project.state(), outputs=project.outputs()[NAME])
    found = check_state(lived.state.values())  # AWS's own models of its API
    assert found == [], found
    assert lived.outputs["version"] == FIRST
    assert lived.outputs["verified"] == NOT_VERIFIED
    assert_still(project)

    declare(project, target, SECOND, **deployment)
    lived.model = project.do("up")
    assert lived.model.ok, lived.model.messages
    # A new version stands beside what takes traffic, or changes it in place.
    assert not lived.model.did("replace"), lived.model.steps
    lived.later = project.state()
    found = check_state(lived.later.values())
    assert found == [], found

    declare(project, resized, SECOND, **deployment)
    lived.size = project.do("up")
    assert lived.size.ok, lived.size.messages
    assert set(lived.size.steps.values()) != {"same"}

    if drift is not None:
        _drift(project, *drift)
    else:
        assert_still(project)

    gone = project.do("destroy")
    assert gone.ok, gone.messages
    assert project.state() == {}
    return lived


def _drift(project: OfflineProject, name: str, found: dict[str, Any]) -> None:
    """A refresh finds something changed, and the next update mends that and nothing else."""
    assert name in project.state(), sorted(project.state())
    project.faults = {name: {"read": found}}
    seen = project.do("refresh")
    assert seen.ok, seen.messages
    project.faults = {}
    mended = project.do("up")
    assert mended.ok, mended.messages
    # Nothing but the drift is mended: after another model and another size all is still.
    assert {item: done for item, done in mended.steps.items() if done not in _STILL} == {
        name: "update"
    }, mended.steps


def assert_still(project: OfflineProject) -> None:
    """A further update changes nothing."""
    again = project.do("up")
    assert again.ok, again.messages
    changed = {name: done for name, done in again.steps.items() if done not in _STILL}
    assert not changed, (changed, again.changed)


def refused(project: OfflineProject, target: Mapping[str, Any], **deployment: Any) -> str:
    """What a preview says that refuses; nothing was made."""
    declare(project, target, **deployment)
    done = project.do("preview")
    assert not done.ok
    assert not [name for name, step in done.steps.items() if step == "create"], done.steps
    return "\n".join(done.messages)


def inputs(lived: Lived, type_token: str) -> list[dict[str, Any]]:
    """Inputs of the resources of a type after the first update."""
    return [item["inputs"] for item in lived.state.values() if item["type"] == type_token]


def _with_packs(project: OfflineProject, limits: Mapping[str, float]) -> Run:
    """An update with the policy packs; their environment is the config's.

    What a deployment may cost by its own limits is agreed with those who set the packs' limit.
    """
    settings = {
        "cost.json": {"monthly-limit": limits} if limits else {},
        "reliability.json": {},
        "security.json": {},
    }
    for name, content in settings.items():
        (project.folder / name).write_text(json.dumps(content))
    project.env["PULUMI_OPTION_POLICY_PACK"] = PACKS
    files = ",".join(str(project.folder / name) for name in settings)
    project.env["PULUMI_OPTION_POLICY_PACK_CONFIG"] = files
    try:
        return project.do("up")
    finally:
        del project.env["PULUMI_OPTION_POLICY_PACK"]
        del project.env["PULUMI_OPTION_POLICY_PACK_CONFIG"]
