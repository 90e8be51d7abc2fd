"""Why pods are not ready."""

from typing import Any

from modelport.cluster.pods import shortened, troubles, warnings


def pod(*statuses: dict[str, Any], phase: str = "Running", **more: Any) -> dict[str, object]:
    status = {"phase": phase, "containerStatuses": list(statuses), **more}
    return {"metadata": {"name": "web-1"}, "status": status}


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {"name": "app", "state": {"waiting": {"reason": reason, "message": message}}, **more}


def said(value: dict[str, object]) -> list[str]:
    return [str(trouble) for trouble in troubles([value])]


def test_an_image_that_cannot_be_pulled_is_named() -> None:
    value = pod(waiting("ImagePullBackOff", 'Back-off pulling image "x:9"'), phase="Pending")
    assert said(value) == [
        'pod web-1, container app: ImagePullBackOff: Back-off pulling image "x:9"'
    ]
    assert not troubles([value])[0].wants_log


def test_a_crash_tells_its_status_and_wants_the_log() -> None:
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    value = pod(waiting("CrashLoopBackOff", "back-off 10s", lastState=last, restartCount=4))
    assert said(value) == [
        "pod web-1, container app: CrashLoopBackOff: ended with status 137 (OOMKilled), "
        "restarted 4 times"
    ]
    assert troubles([value])[0].wants_log


def test_containers_on_their_way_are_no_trouble() -> None:
    assert said(pod(waiting("ContainerCreating"), phase="Pending")) == []
    assert said(pod({"name": "app", "state": {"running": {}}, "ready": True})) == []
    leaving = pod(waiting("CrashLoopBackOff"))
    leaving["metadata"] = {"name": "web-1", "deletionTimestamp": "2026-01-01T00:00:00Z"}
    assert said(leaving) == []


def test_a_container_that_runs_but_is_not_ready_is_named() -> None:
    assert said(pod({"name": "app", "state": {"running": {}}, "ready": False})) == [
        "pod web-1, container app: NotReady: it runs, but is not ready"
    ]


def test_a_pod_without_a_node_tells_why() -> None:
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/2 nodes are available.",
    }
    value = pod(phase="Pending", conditions=[condition])
    assert said(value) == ["pod web-1: Unschedulable: 0/2 nodes are available"]


def event(reason: str, time: str, kind: str = "Warning") -> dict[str, object]:
    return {
        "type": kind,
        "reason": reason,
        "message": f"{reason} at {time}.",
        "lastTimestamp": time,
        "involvedObject": {"kind": "ReplicaSet", "name": "web-1"},
    }


def test_the_newest_warning_of_each_reason_counts() -> None:
    events = [
        event("FailedCreate", "2026-01-01T00:00:01Z"),
        event("FailedCreate", "2026-01-01T00:00:03Z"),
        event("FailedMount", "2026-01-01T00:00:02Z"),
        event("Scheduled", "2026-01-01T00:00:09Z", "Normal"),
    ]
    assert warnings(events) == [
        "event of replicaset web-1: FailedCreate: FailedCreate at 2026-01-01T00:00:03Z",
        "event of replicaset web-1: FailedMount: FailedMount at 2026-01-01T00:00:02Z",
    ]


def test_many_reasons_are_counted() -> None:
    assert shortened(["a", "b", "a"]) == ["a", "b"]
    assert shortened(["a", "b", "c", "d", "e"]) == ["a", "b", "c", "and 2 more"]
