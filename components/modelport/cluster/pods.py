"""Pods: what keeps the pods of an object from being ready, from their states and their events."""

from dataclasses import dataclass

from modelport.cluster.objects import Object, condition, entries, mapping, number, text

_LOG_REASONS = frozenset({"CrashLoopBackOff", "Error", "OOMKilled", "StartError"})
"""States after which the container's last words help."""
_SHOWN = 3
"""Reasons that an error lists."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a container, or its pod, is not ready."""

    pod: str
    container: str
    """Empty when the pod as a whole is meant."""
    reason: str
    """One word of Kubernetes, e.g. `ImagePullBackOff`."""
    message: str

    @property
    def wants_log(self) -> bool:
        """Whether the container ran, so that its log tells more."""
        return bool(self.container) and self.reason in _LOG_REASONS

    def __str__(self) -> str:
        who = f"pod {self.pod}" + (f", container {self.container}" if self.container else "")
        return f"{who}: {self.reason}" + (f": {self.message}" if self.message else "")


def troubles(pods: list[Object]) -> list[Trouble]:
    """What is wrong with pods; nothing for those that are ready or on their way."""
    found: list[Trouble] = []
    for pod in pods:
        if text(pod, "metadata", "deletionTimestamp"):
            continue
        found.extend(_of_pod(pod))
    return found


def shortened(found: list[str]) -> list[str]:
    """The first few reasons, each one once; replicas mostly fail the same way."""
    seen = list(dict.fromkeys(found))
    more = len(seen) - _SHOWN
    return seen if more <= 0 else [*seen[:_SHOWN], f"and {more} more"]


def warnings(events: list[Object]) -> list[str]:
    """The newest warning of each kind, newest first."""
    newest: dict[tuple[str, str], Object] = {}
    for event in events:
        if text(event, "type") == "Warning":
            key = (text(event, "involvedObject", "name"), text(event, "reason"))
            if key not in newest or _time(event) >= _time(newest[key]):
                newest[key] = event
    ordered = sorted(newest.values(), key=_time, reverse=True)
    return [
        f"event of {text(event, 'involvedObject', 'kind').lower()} "
        f"{text(event, 'involvedObject', 'name')}: {text(event, 'reason')}: "
        f"{one_line(text(event, 'message'))}"
        for event in ordered
    ]


def one_line(message: str) -> str:
    """A message without line breaks and final period."""
    return " ".join(message.split()).rstrip(".")


def _time(event: Object) -> str:
    return (
        text(event, "lastTimestamp")
        or text(event, "eventTime")
        or text(event, "metadata", "creationTimestamp")
    )


def _of_pod(pod: Object) -> list[Trouble]:
    name = text(pod, "metadata", "name")
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        reason = text(scheduled, "reason") or "Unschedulable"
        return [Trouble(name, "", reason, one_line(text(scheduled, "message")))]
    if text(pod, "status", "phase") == "Failed" and text(pod, "status", "reason"):
        status = mapping(pod, "status")
        return [Trouble(name, "", text(status, "reason"), one_line(text(status, "message")))]
    statuses = [
        *entries(pod, "status", "initContainerStatuses"),
        *entries(pod, "status", "containerStatuses"),
    ]
    return [
        trouble for status in statuses for trouble in _of_container(name, status)
    ] or _not_ready(pod, name, statuses)


def _of_container(pod: str, status: Object) -> list[Trouble]:
    name = text(status, "name")
    waiting = mapping(status, "state", "waiting")
    reason = text(waiting, "reason")
    if reason and reason not in ("ContainerCreating", "PodInitializing"):
        return [Trouble(pod, name, reason, _waiting_message(status, waiting))]
    ended = mapping(status, "state", "terminated")
    if ended and number(ended, "exitCode"):
        return [Trouble(pod, name, text(ended, "reason") or "Error", _exit(ended))]
    return []


def _waiting_message(status: Object, waiting: Object) -> str:
    last = mapping(status, "lastState", "terminated")
    if text(waiting, "reason") != "CrashLoopBackOff" or not last:
        return one_line(text(waiting, "message"))
    restarts = number(status, "restartCount")
    return f"{_exit(last)}, restarted {restarts} times"


def _exit(ended: Object) -> str:
    code = number(ended, "exitCode")
    said = f"ended with status {code}"
    reason = text(ended, "reason")
    if reason not in ("", "Error", "Completed"):
        said += f" ({reason})"
    message = one_line(text(ended, "message"))
    return f"{said}: {message}" if message else said


def _not_ready(pod: Object, name: str, statuses: list[Object]) -> list[Trouble]:
    """Containers that run, but whose readiness probe does not pass."""
    if text(pod, "status", "phase") != "Running":
        return []
    return [
        Trouble(name, text(status, "name"), "NotReady", "it runs, but is not ready")
        for status in statuses
        if "running" in mapping(status, "state") and status.get("ready") is False
    ]
