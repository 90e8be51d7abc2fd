"""What became of a program's fields, as inputs of today."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from modelport.cluster.drift import has_field, imported, refreshed

PLAIN = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=3)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz"), inner)
)
OBJECTS = st.dictionaries(st.sampled_from(["spec", "data", "metadata", "rules"]), VALUES)


def container(name: str, image: str, **more: Any) -> dict[str, object]:
    return {"name": name, "image": image, **more}


def deployment(containers: list[dict[str, object]], **spec: object) -> dict[str, object]:
    return {"spec": {**spec, "template": {"spec": {"containers": containers}}}}


MERGED = {
    "metadata": {
        "managedFields": [
            {
                "fieldsV1": {
                    "f:spec": {
                        "f:template": {
                            "f:spec": {
                                "f:containers": {'k:{"name":"app"}': {".": {}, "f:image": {}}}
                            }
                        }
                    }
                }
            }
        ]
    }
}


@given(inputs=OBJECTS, live=OBJECTS)
def test_an_object_that_did_not_change_since_has_not_drifted(
    inputs: dict[str, object], live: dict[str, object]
) -> None:
    assert refreshed(inputs, live, live) == inputs


@given(inputs=OBJECTS)
def test_a_state_without_outputs_sees_no_drift_where_all_is_as_written(
    inputs: dict[str, object],
) -> None:
    assert refreshed(inputs, {}, inputs) == inputs


def test_normalised_values_are_no_drift_but_changed_ones_are() -> None:
    inputs = deployment(
        [container("app", "a:1", resources={"requests": {"cpu": "0.1"}})], replicas=2
    )
    before = deployment(
        [container("app", "a:1", resources={"requests": {"cpu": "100m"}})], replicas=2
    )
    assert refreshed(inputs, before, before) == inputs
    now = deployment([container("app", "a:1", resources={"requests": {"cpu": "200m"}})], replicas=5)
    assert refreshed(inputs, before, now) == now


def test_what_others_add_is_no_drift() -> None:
    inputs = deployment([container("app", "a:1")], replicas=2)
    before = deployment([container("app", "a:1", terminationMessagePath="/dev/log")], replicas=2)
    sidecar = container("proxy", "p:1")
    now = deployment([sidecar, container("app", "a:1", tty=True)], replicas=2, paused=True) | MERGED
    assert refreshed(inputs, before, now) == inputs
    changed = deployment([sidecar, container("app", "a:2")], replicas=2) | MERGED
    assert refreshed(inputs, before, changed) == deployment([container("app", "a:2")], replicas=2)


def test_what_others_remove_is_drift() -> None:
    inputs: dict[str, object] = {"data": {"a": "1", "b": "2"}}
    assert refreshed(inputs, inputs, {"data": {"a": "1"}}) == {"data": {"a": "1"}}


def test_a_secret_is_compared_as_the_server_keeps_it() -> None:
    inputs: dict[str, object] = {"kind": "Secret", "stringData": {"key": "old"}}
    before: dict[str, object] = {"kind": "Secret", "data": {"key": "b2xk"}}
    assert refreshed(inputs, before, before) == inputs
    now: dict[str, object] = {"kind": "Secret", "data": {"key": "bmV3"}}
    assert refreshed(inputs, before, now) == {"kind": "Secret", "stringData": {"key": "new"}}


def test_an_import_takes_what_a_program_would_write() -> None:
    live = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "it",
            "namespace": "shop",
            "uid": "1",
            "resourceVersion": "7",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{}],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        },
        "data": {"a": "b"},
        "status": {},
    }
    names = {"apiVersion", "kind", "metadata", "data"}
    assert imported(cast("dict[str, object]", live), names) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "it", "namespace": "shop"},
        "data": {"a": "b"},
    }


def test_fields_are_found_by_the_paths_of_conflicts() -> None:
    value = {
        "metadata": {"labels": {"app.kubernetes.io/name": "web"}},
        "spec": {
            "replicas": 2,
            "ports": [{"port": 80, "name": "http"}],
            "containers": [{"name": "app", "image": "a:1"}],
        },
    }
    for path in (
        "spec.replicas",
        "metadata.labels.app.kubernetes.io/name",
        'spec.containers[name="app"].image',
        'spec.ports[port=80,protocol="TCP"].name',
    ):
        assert has_field(value, path), path
    for path in ("spec.paused", 'spec.containers[name="other"].image', "metadata.labels.app"):
        assert not has_field(value, path), path
