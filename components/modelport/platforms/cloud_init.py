"""Cloud-init: how a virtual machine of any cloud starts the container, and keeps it running."""

import json
import shlex
from collections.abc import Mapping, Sequence

from modelport.platforms.container import PORT

UNIT = "modelport.service"
USER = 10001
"""The container's user; it is not root, and is no user of the machine."""
_ENVIRONMENT = "/etc/modelport/environment"
_CLOUD_CONFIG = "#cloud-config\n"


def cloud_init(
    *,
    image: str,
    sign_in: Sequence[str],
    variables: Mapping[str, str],
    gpu: bool,
    log_driver: Sequence[str] = (),
    packages: Sequence[str] = (),
) -> str:
    """Cloud-config with one systemd unit, which pulls the image by digest and starts it for ever.

    Args:
        image: Repository and digest.
        sign_in: Shell commands that sign in to the registry as the machine; none holds a secret.
        variables: Environment of the container; nothing in it is secret.
        gpu: Whether the container gets all GPUs.
        log_driver: Options of `docker run` that say where its log goes.
        packages: Packages of the distribution that are needed.
    """
    options = ["--gpus", "all"] if gpu else []
    run = [
        "docker", "run", "--rm", "--name", "modelport",
        "--read-only", "--tmpfs", "/tmp:size=256m",  # noqa: S108 - of the container
        "--user", str(USER), "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--publish", f"{PORT}:{PORT}", "--env-file", _ENVIRONMENT,
        *options, *log_driver, image,
    ]  # fmt: skip
    unit = "\n".join(
        [
            "[Unit]",
            "Description=Model server",
            "Wants=network-online.target docker.service",
            "After=network-online.target docker.service",
            "StartLimitIntervalSec=0",
            "[Service]",
            "Environment=HOME=/run/modelport",
            "RuntimeDirectory=modelport",
            *(f"ExecStartPre=/bin/sh -c {shlex.quote(command)}" for command in sign_in),
            f"ExecStartPre=/usr/bin/docker pull {shlex.quote(image)}",
            "ExecStartPre=-/usr/bin/docker rm --force modelport",
            f"ExecStart=/usr/bin/{shlex.join(run)}",
            "ExecStop=/usr/bin/docker stop --time 20 modelport",
            "TimeoutStartSec=1800",  # the first pull is part of it
            "Restart=always",
            "RestartSec=5",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
    )
    environment = "".join(f"{key}={value}\n" for key, value in sorted(variables.items()))
    content: dict[str, object] = {
        "write_files": [
            {"path": _ENVIRONMENT, "permissions": "0600", "content": environment},
            {"path": f"/etc/systemd/system/{UNIT}", "permissions": "0644", "content": unit},
        ],
        "runcmd": [["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", UNIT]],
    }
    if packages:
        content["packages"] = list(packages)
    # JSON is YAML, and needs no care for indentation.
    return _CLOUD_CONFIG + json.dumps(content, indent=1)
