"""What is looked for in pods: words for what is wrong in one container, or in the pod itself.

A container's check gets the pod as well, for some settings are the pod's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from modelport_policies.values import MISSING, UNKNOWN, flag, items, number, read, text

_BASELINE = frozenset({
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
})  # fmt: skip
"""Capabilities that the baseline standard lets a container add."""

Container = Mapping[str, Any]


def privileged(container: Container, _: Container) -> str:
    """It is privileged."""
    on = flag(read(container, "securityContext", "privileged")) is True
    return "sets securityContext.privileged to true" if on else ""


def escalates(container: Container, _: Container) -> str:
    """It may get more rights than it began with."""
    found = read(container, "securityContext", "allowPrivilegeEscalation")
    if found is UNKNOWN or flag(found) is False:
        return ""
    return "does not set securityContext.allowPrivilegeEscalation to false"


def root(container: Container, pod: Container) -> str:
    """It may run as root."""
    own, shared = (read(item, "securityContext", "runAsNonRoot") for item in (container, pod))
    if number(container, "securityContext", "runAsUser") == 0:
        return "sets securityContext.runAsUser to 0, which is root,"
    found = shared if own is MISSING else own
    return "" if found is UNKNOWN or flag(found) is True else "does not set runAsNonRoot to true"


def loose(container: Container, _: Container) -> str:
    """Its image may change behind its name."""
    image = text(container, "image")
    if not isinstance(image, str) or "@sha256:" in image:
        return ""
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return "has an image without a fixed tag or digest" if tag in ("", "latest") else ""


def capabilities(container: Container, _: Container) -> str:
    """It adds powers of the system beyond those of the baseline."""
    added = [name for _, name in items(container, "securityContext", "capabilities", "add")]
    more = [name for name in added if isinstance(name, str) and name not in _BASELINE]
    return "adds capabilities beyond those of the baseline" if more else ""


def keeps_capabilities(container: Container, _: Container) -> str:
    """It keeps powers of the system."""
    place = ("securityContext", "capabilities", "drop")
    if read(container, *place) is UNKNOWN:
        return ""
    dropped = [name for _, name in items(container, *place)]
    return "" if "ALL" in dropped or UNKNOWN in dropped else "does not drop all capabilities"


def writable(container: Container, _: Container) -> str:
    """It can change its own image."""
    found = read(container, "securityContext", "readOnlyRootFilesystem")
    right = found is UNKNOWN or flag(found) is True
    return "" if right else "does not set securityContext.readOnlyRootFilesystem to true"


def host_port(container: Container, _: Container) -> str:
    """It takes a port of its node."""
    for _index, port in items(container, "ports"):
        used = number(port, "hostPort") if isinstance(port, Mapping) else MISSING
        if isinstance(used, float) and used > 0:
            return "takes a port of the node (hostPort)"
    return ""


def unmasked(container: Container, _: Container) -> str:
    """It sees all of /proc."""
    kind = text(container, "securityContext", "procMount")
    return "unmasks /proc (procMount)" if isinstance(kind, str) and kind != "Default" else ""


def unasked(container: Container, _: Container) -> str:
    """Nobody asks it whether it answers."""
    missing = [
        name for name in ("readinessProbe", "livenessProbe") if read(container, name) is MISSING
    ]
    return f"has no {' and no '.join(missing)}" if missing else ""


def no_requests(container: Container, _: Container) -> str:
    """It does not say how much it needs."""
    missing = [
        name
        for name in ("cpu", "memory")
        if read(container, "resources", "requests", name) is MISSING
    ]
    return f"sets no resources.requests.{' and no '.join(missing)}" if missing else ""


def host(pod: Container) -> Iterator[str]:
    """It sees its node's network or processes."""
    for switch in ("hostNetwork", "hostPID", "hostIPC"):
        if flag(read(pod, switch)) is True:
            yield f"sets {switch} to true, so it sees what is the node's"


def paths(pod: Container) -> Iterator[str]:
    """It mounts folders of its node."""
    for index, volume in items(pod, "volumes"):
        if isinstance(volume, Mapping) and read(volume, "hostPath") is not MISSING:
            yield f"mounts a folder of the node (volumes[{index}].hostPath)"


def seccomp(pod: Container) -> Iterator[str]:
    """Every system call is open to it."""
    found = text(pod, "securityContext", "seccompProfile", "type")
    if found not in (UNKNOWN, "RuntimeDefault", "Localhost"):
        yield "sets no securityContext.seccompProfile, so every system call is open to it"


def token(pod: Container) -> Iterator[str]:
    """It has a token for the cluster."""
    found = read(pod, "automountServiceAccountToken")
    if found is not UNKNOWN and flag(found) is not False:
        yield "does not set automountServiceAccountToken to false, so who gets in speaks to the API"


def account(pod: Container) -> Iterator[str]:
    """It runs as the namespace's default account."""
    found = text(pod, "serviceAccountName")
    if found in (MISSING, "", "default"):
        yield "runs as the namespace's default account"


def windows(pod: Container) -> Iterator[str]:
    """It is a program of its node."""
    if flag(read(pod, "securityContext", "windowsOptions", "hostProcess")) is True:
        yield "sets windowsOptions.hostProcess to true, so it owns the node"


def sysctls(pod: Container) -> Iterator[str]:
    """It changes its node's kernel."""
    safe = ("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies")
    for index, item in items(pod, "securityContext", "sysctls"):
        name = text(item, "name") if isinstance(item, Mapping) else UNKNOWN
        if isinstance(name, str) and name not in (*safe, "net.ipv4.ping_group_range"):
            yield f"changes a setting of the node's kernel (securityContext.sysctls[{index}])"


_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_VOLUMES = frozenset({
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
    "projected", "secret",
})  # fmt: skip
"""Volumes of the restricted standard, and images, which are read only."""
_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


def unconfined(pod: Container) -> Iterator[str]:
    """It, or a container of it, leaves what confines it."""
    yield from _loosened(pod, "securityContext")
    for field in _CONTAINER_LISTS:
        for index, container in items(pod, field):
            if isinstance(container, Mapping):
                yield from _loosened(container, f"{field}[{index}].securityContext")


def _loosened(holder: Container, place: str) -> Iterator[str]:
    if text(holder, "securityContext", "appArmorProfile", "type") == "Unconfined":
        yield f"sets {place}.appArmorProfile to Unconfined"
    for name in ("user", "role"):
        found = text(holder, "securityContext", "seLinuxOptions", name)
        if isinstance(found, str) and found:
            yield f"sets {place}.seLinuxOptions.{name}"
    kind = text(holder, "securityContext", "seLinuxOptions", "type")
    if isinstance(kind, str) and kind not in _SELINUX_TYPES:
        yield f"sets another {place}.seLinuxOptions.type than those of containers"


def odd_volumes(pod: Container) -> Iterator[str]:
    """It mounts volumes beyond those of the restricted standard; folders of nodes are `paths`."""
    for index, volume in items(pod, "volumes"):
        if not isinstance(volume, Mapping):
            continue
        if set(volume) - _VOLUMES - {"name", "hostPath"}:
            yield f"mounts a volume of another kind (volumes[{index}])"
