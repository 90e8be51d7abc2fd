"""Parts: how each container of a deployment is made, and what differs when it no longer is so.

Every container runs as a user without rights, cannot write outside `/tmp`, has no capability and
gains none, and has bounded memory, processes and logs. Settings lie in a volume of their own that
only that user reads; what is secret is a file of the machine's, mounted.
"""

import io
import tarfile
import time
from collections.abc import Iterator, Mapping
from typing import Any

from docker.types import DeviceRequest, LogConfig, Mount

from modelport.containers.orders import PROGRAM
from modelport.containers.settings import (
    PORT,
    REVISION_LABEL,
    ROLE_LABEL,
    SPEC_LABEL,
    Wanted,
    digest_of,
)

USER = "10001:10001"
"""User and group of every container; they have no name on the machine."""
SETTINGS_FOLDER = "/run/modelport"
SETTINGS = "settings.json"
STATE_FOLDER = "/var/lib/modelport"
STATE = "switch"
"""Folder in the switch's volume that its user may write to."""
PROCESSES = 512
"""Processes and threads of one container at most."""
SWITCH_MEMORY = 512 * 2**20
"""Memory of the switch at most: it holds requests and answers on their way."""
_SWITCH_LOG = (5 * 2**20, 2)
"""Size and files of its log, which has a line for what failed alone."""
_SECRETS = "/run/secrets"
_SECOND = 10**9
_PROBE = (
    "import sys, urllib.request as r; "
    f"sys.exit(r.urlopen('http://127.0.0.1:{PORT}/readyz', timeout=4).status != 200)"
)
Arguments = dict[str, Any]


def model_arguments(wanted: Wanted, number: int) -> Arguments:
    """Arguments of `docker.containers.create` for one container of the model."""
    model = wanted.model
    revision = model.revision
    return _arguments(
        wanted,
        f"{wanted.name}-{revision}-{number}",
        role="model",
        image=model.image,
        memory=model.memory_bytes,
        tmp=model.tmp_bytes,
        log=(model.log_bytes, model.log_files),
        probe=["CMD", "python3", "-I", "-S", "-c", _PROBE],
        patience=wanted.start_timeout,
        environment={
            **model.environment,
            "MODELPORT_SETTINGS": f"{SETTINGS_FOLDER}/{SETTINGS}",
            "PORT": str(PORT),
            **({"MODELPORT_WORKERS": str(model.workers)} if model.workers else {}),
            **{f"{name}_FILE": f"{_SECRETS}/{name}" for name in model.secrets},
        },
        labels={
            **model.labels,
            REVISION_LABEL: revision,
            "modelport.bundle": model.bundle,
            "modelport.version": model.version,
        },
        mounts=[
            Mount(SETTINGS_FOLDER, wanted.volume(revision), type="volume", read_only=True),
            *(
                Mount(f"{_SECRETS}/{name}", path, type="bind", read_only=True)
                for name, path in sorted(model.secrets.items())
            ),
        ],
        network=wanted.inside,
        **({"nano_cpus": round(model.cpus * _SECOND)} if model.cpus else {}),
        **({"device_requests": [_gpus(model.gpus)]} if model.gpus is not None else {}),
    )


def switch_arguments(wanted: Wanted, image: str) -> Arguments:
    """Arguments of `docker.containers.create` for the container that holds the port."""
    return _arguments(
        wanted,
        wanted.switch,
        role="switch",
        image=image,
        memory=SWITCH_MEMORY,
        tmp=16 * 2**20,
        log=_SWITCH_LOG,
        probe=["CMD", *PROGRAM, "check"],
        patience=30,
        environment={},
        labels={},
        mounts=[Mount(STATE_FOLDER, wanted.switch, type="volume")],
        network=wanted.outside,
        entrypoint=[*PROGRAM],
        command=["serve", f"{STATE_FOLDER}/{STATE}/routes.json"],
        ports={f"{PORT}/tcp": (wanted.host, wanted.port)},
    )


def _arguments(
    wanted: Wanted,
    name: str,
    *,
    role: str,
    memory: int,
    tmp: int,
    log: tuple[int, int],
    probe: list[str],
    patience: float,
    labels: Mapping[str, str],
    **more: Any,
) -> Arguments:
    size, files = log
    made: Arguments = {
        "name": name,
        "user": USER,
        "read_only": True,
        "tmpfs": {"/tmp": f"size={tmp},mode=1777,nosuid,nodev"},  # noqa: S108 - of the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "pids_limit": PROCESSES,
        "mem_limit": memory,
        "memswap_limit": memory,
        "restart_policy": {"Name": "unless-stopped"},
        "log_config": LogConfig(
            type="json-file", config={"max-size": f"{size // 1024}k", "max-file": str(files)}
        ),
        "healthcheck": {
            "test": probe,
            "interval": 10 * _SECOND,
            "timeout": 5 * _SECOND,
            "retries": 3,
            "start_period": round(patience) * _SECOND,
        },
        **more,
    }
    # The image is not in it: a switch goes on with the one that it was made from.
    spec = digest_of({key: value for key, value in made.items() if key != "image"} | dict(labels))
    made["labels"] = {**labels, **wanted.labels, ROLE_LABEL: role, SPEC_LABEL: spec[:16]}
    return made


def _gpus(gpus: int | str | tuple[str, ...]) -> DeviceRequest:
    if isinstance(gpus, tuple):
        return DeviceRequest(device_ids=list(gpus), capabilities=[["gpu"]])
    return DeviceRequest(count=gpus if isinstance(gpus, int) else -1, capabilities=[["gpu"]])


def differences(found: Mapping[str, Any], made: Arguments, networks: set[str]) -> Iterator[str]:
    """What of a container is not as it was made, in a few words each.

    Args:
        found: The container as the engine describes it.
        made: The arguments that it should have been made with.
        networks: Networks that it must be in.
    """
    config, host = found["Config"], found["HostConfig"]
    if config["Labels"].get(SPEC_LABEL) != made["labels"][SPEC_LABEL]:
        yield "made with other settings"
        return
    if found["Image"] != made["image"] and made["labels"][ROLE_LABEL] == "model":
        yield "another image"
    wanted: dict[str, tuple[object, object]] = {
        "memory": (host["Memory"], made["mem_limit"]),
        "cpus": (host["NanoCpus"], made.get("nano_cpus", 0)),
        "processes": (host["PidsLimit"], made["pids_limit"]),
        "restart": (host["RestartPolicy"]["Name"], made["restart_policy"]["Name"]),
        "read-only": (host["ReadonlyRootfs"], True),
        "privileged": (host["Privileged"], False),
        "user": (config["User"], made["user"]),
    }
    yield from (f"{what} {is_now}" for what, (is_now, was) in wanted.items() if is_now != was)
    missing = networks - set(found["NetworkSettings"]["Networks"])
    if missing:
        yield f"not in network {', '.join(sorted(missing))}"


def model_networks(wanted: Wanted) -> set[str]:
    """Networks of a container of the model."""
    return {wanted.inside, *([wanted.outside] if wanted.model.egress else [])}


def switch_networks(wanted: Wanted) -> set[str]:
    """Networks of the switch."""
    return {wanted.inside, wanted.outside, *([wanted.network] if wanted.network else [])}


def archive(files: Mapping[str, bytes], folders: Mapping[str, int]) -> bytes:
    """A tar archive whose files the containers' user alone reads, and folders with their modes."""
    user, _, group = USER.partition(":")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, mode in folders.items():
            entry = _entry(name, mode, int(user), int(group))
            entry.type = tarfile.DIRTYPE
            archive.addfile(entry)
        for name, content in files.items():
            entry = _entry(name, 0o400, int(user), int(group))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _entry(name: str, mode: int, user: int, group: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.uid, entry.gid, entry.mtime = mode, user, group, time.time()
    return entry
