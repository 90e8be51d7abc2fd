"""Rules about containers of the Docker provider: what they may do, and who reaches them."""

from collections.abc import Iterator, Mapping

from modelport_policies.demands import (
    is_none_of,
    is_not_true,
    is_one_of,
    is_true,
    within,
)
from modelport_policies.rule import STRICT_IN_PROD, Reads, Resource, Rule, Sample, Settings
from modelport_policies.secret_words import could_be_secret, looks_like_secret, named_like_secret
from modelport_policies.values import UNKNOWN, items, number, read, text

_CONTAINER = "docker:index/container:Container"


def _bound(resource: Resource, _: Settings) -> Iterator[str]:
    for index, port in items(resource.properties, "ports"):
        if not isinstance(port, Mapping) or not isinstance(number(port, "external"), float):
            continue
        address = text(port, "ip")
        if address is not UNKNOWN and address not in ("127.0.0.1", "::1"):
            yield f"listens for every machine in ports[{index}]: it sets no ip 127.0.0.1"


def _socket(resource: Resource, _: Settings) -> Iterator[str]:
    for field, key in (("volumes", "hostPath"), ("mounts", "source")):
        for index, volume in items(resource.properties, field):
            path = text(volume, key) if isinstance(volume, Mapping) else UNKNOWN
            if isinstance(path, str) and path.rstrip("/").endswith("docker.sock"):
                yield f"mounts Docker's own socket in {field}[{index}]"


def _root(resource: Resource, _: Settings) -> Iterator[str]:
    user = text(resource.properties, "user")
    if user is not UNKNOWN and (
        not isinstance(user, str) or user.split(":")[0] in ("", "0", "root")
    ):
        yield "runs as root: it sets no user but 0"


def _keeps(resource: Resource, _: Settings) -> Iterator[str]:
    if read(resource.properties, "capabilities") is UNKNOWN:
        return
    if read(resource.properties, "capabilities", "drops") is UNKNOWN:
        return
    dropped = [name for _, name in items(resource.properties, "capabilities", "drops")]
    if not any(name in ("ALL", "all", UNKNOWN) for name in dropped):
        yield "does not drop all capabilities (capabilities.drops)"


def _escalates(resource: Resource, _: Settings) -> Iterator[str]:
    if read(resource.properties, "securityOpts") is UNKNOWN:
        return
    options = [option for _, option in items(resource.properties, "securityOpts")]
    right = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true", UNKNOWN)
    if not any(option in right for option in options):
        yield "lets programs get more rights: no no-new-privileges in securityOpts"


def _secrets(resource: Resource, _: Settings) -> Iterator[str]:
    for index, pair in items(resource.properties, "envs"):
        if isinstance(pair, str):
            name, _equals, value = pair.partition("=")
            if looks_like_secret(pair) or (named_like_secret(name) and could_be_secret(value)):
                yield f"holds what looks like a secret in envs[{index}]"


BOUND_TO_LOOPBACK = Rule(
    id="docker-bind-loopback",
    title="A container's port is open to its own machine only.",
    severity="high",
    types=(_CONTAINER,),
    rationale="Docker opens ports past the machine's firewall, for every machine that reaches it",
    fix='ports=[{internal: 8080, external: 8080, ip: "127.0.0.1"}], and a proxy with TLS',
    sources=("CIS Docker 5.14",),
    reads=(Reads("ports[].ip", "fails"),),
    passes=Sample(_CONTAINER, {"ports": [{"internal": 80, "external": 80, "ip": "127.0.0.1"}]}),
    fails=Sample(_CONTAINER, {"ports": [{"internal": 80, "external": 80, "ip": "0.0.0.0"}]}),  # noqa: S104
    also_passes=(Sample(_CONTAINER, {"ports": [{"internal": 80}]}),),
    check=_bound,
)

NOT_PRIVILEGED = Rule(
    id="docker-no-privileged",
    title="No container is privileged.",
    severity="critical",
    types=(_CONTAINER,),
    rationale="a privileged container owns its machine",
    fix="leave privileged out; GPUs come by gpus or devices",
    sources=("CIS Docker 5.4", "CKV_K8S_16 (analogue)"),
    passes=Sample(_CONTAINER, {"privileged": False}),
    fails=Sample(_CONTAINER, {"privileged": True}),
    check=is_not_true("privileged", "so it owns the machine"),
)

NO_SOCKET = Rule(
    id="docker-no-socket-mount",
    title="No container has Docker's own socket.",
    severity="critical",
    types=(_CONTAINER,),
    rationale="who has the socket starts a privileged container, and owns the machine",
    fix="no volume of docker.sock",
    sources=("CIS Docker 5.32",),
    reads=(Reads("volumes[].hostPath", "passes"), Reads("mounts[].source", "passes")),
    passes=Sample(
        _CONTAINER, {"volumes": [{"hostPath": "/models"}], "mounts": [{"source": "/models"}]}
    ),
    fails=Sample(_CONTAINER, {"volumes": [{"hostPath": "/var/run/docker.sock"}]}),
    also_fails=(Sample(_CONTAINER, {"mounts": [{"source": "/run/docker.sock/"}]}),),
    check=_socket,
)

NOT_ROOT = Rule(
    id="docker-nonroot",
    title="No container runs as root.",
    severity="high",
    types=(_CONTAINER,),
    rationale="a hole in the runtime is worth more to somebody who is root already",
    fix='user="10001"',
    sources=("CIS Docker 4.1", "CKV_DOCKER_3"),
    levels=STRICT_IN_PROD,
    reads=(Reads("user", "fails"),),
    passes=Sample(_CONTAINER, {"user": "10001:10001"}),
    fails=Sample(_CONTAINER, {"user": "root"}),
    also_fails=(Sample(_CONTAINER, {"user": "0:0"}), Sample(_CONTAINER, {"user": ""})),
    check=_root,
)

READ_ONLY = Rule(
    id="docker-read-only",
    title="No container can change its own image.",
    severity="medium",
    types=(_CONTAINER,),
    rationale="who gets in cannot leave a program behind or change the model",
    fix="read_only=True, tmpfs={'/tmp': ''}",
    sources=("CIS Docker 5.13",),
    levels=STRICT_IN_PROD,
    passes=Sample(_CONTAINER, {"readOnly": True}),
    fails=Sample(_CONTAINER, {"readOnly": False}),
    check=is_true("readOnly", "so a program can be left behind in it"),
)

DROPPED = Rule(
    id="docker-drop-caps",
    title="Every container gives up all powers of the system.",
    severity="medium",
    types=(_CONTAINER,),
    rationale="a model server needs none, and who gets in should find none",
    fix='capabilities={drops: ["ALL"]}',
    sources=("CIS Docker 5.3",),
    levels=STRICT_IN_PROD,
    reads=(Reads("capabilities.drops", "fails"),),
    passes=Sample(_CONTAINER, {"capabilities": {"drops": ["ALL"]}}),
    fails=Sample(_CONTAINER, {"capabilities": {"drops": ["NET_RAW"]}}),
    check=_keeps,
)

LIMITED = Rule(
    id="docker-memory-limit",
    title="Every container has a memory limit.",
    severity="medium",
    types=(_CONTAINER,),
    rationale="a container without a limit takes its neighbours down with it",
    fix="memory=1024, in MB",
    sources=("CIS Docker 5.11",),
    levels=STRICT_IN_PROD,
    passes=Sample(_CONTAINER, {"memory": 1024}),
    fails=Sample(_CONTAINER, {"memory": 0}),
    check=within("memory", 1, None, "so it takes its neighbours down with it"),
)

NO_MORE_RIGHTS = Rule(
    id="docker-no-new-privs",
    title="No container gets more rights than it began with.",
    severity="medium",
    types=(_CONTAINER,),
    rationale="a program that runs as root for a moment is then worth the whole container",
    fix='security_opts=["no-new-privileges:true"]',
    sources=("CIS Docker 5.26",),
    levels=STRICT_IN_PROD,
    reads=(Reads("securityOpts", "fails"),),
    passes=Sample(_CONTAINER, {"securityOpts": ["no-new-privileges:true"]}),
    fails=Sample(_CONTAINER, {"securityOpts": ["seccomp=unconfined"]}),
    check=_escalates,
)

OWN_NETWORK = Rule(
    id="docker-no-host-network",
    title="No container has its machine's network.",
    severity="high",
    types=(_CONTAINER,),
    rationale="it reaches what listens on the machine alone, and every port of it is open",
    fix="leave network_mode out, and name ports",
    sources=("CIS Docker 5.10",),
    passes=Sample(_CONTAINER, {"networkMode": "bridge"}),
    fails=Sample(_CONTAINER, {"networkMode": "host"}),
    check=is_none_of("networkMode", ("host",), "so it reaches what is the machine's alone"),
)

NO_SECRETS = Rule(
    id="docker-no-env-secrets",
    title="No secret stands in a container's plain variables.",
    severity="critical",
    types=(_CONTAINER,),
    rationale="whoever may inspect the container reads it",
    fix="a file that only the container's user can read, mounted into it",
    sources=("CKV_AWS_45 (analogue)", "CWE-526"),
    reads=(Reads("envs[]", "passes"),),
    passes=Sample(_CONTAINER, {"envs": ["WORKERS=2"]}),
    fails=Sample(_CONTAINER, {"envs": ["API_KEY=hunter2"]}),
    check=_secrets,
)

STARTED_AGAIN = Rule(
    id="docker-restart-policy",
    title="A container that ends is started again.",
    severity="medium",
    types=(_CONTAINER,),
    rationale="a server that was killed for its memory, or whose machine was started anew, is down",
    fix='restart="unless-stopped"',
    sources=("CIS Docker 5.14", "Docker, 'Start containers automatically'"),
    levels=STRICT_IN_PROD,
    passes=Sample(_CONTAINER, {"restart": "unless-stopped"}),
    fails=Sample(_CONTAINER, {"restart": "no"}),
    also_passes=(Sample(_CONTAINER, {"mustRun": False}),),
    check=is_one_of(
        "restart",
        ["always", "on-failure", "unless-stopped"],
        "so what ends stays away",
        unless=lambda properties: read(properties, "mustRun") in (False, UNKNOWN),
    ),
)

SECURITY = (
    BOUND_TO_LOOPBACK,
    NOT_PRIVILEGED,
    NO_SOCKET,
    NOT_ROOT,
    READ_ONLY,
    DROPPED,
    NO_MORE_RIGHTS,
    OWN_NETWORK,
    NO_SECRETS,
)
RELIABILITY = (LIMITED, STARTED_AGAIN)
