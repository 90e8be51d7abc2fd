"""A deployment on an engine as it is now: read back, asked, and its logs."""

from collections.abc import Iterator
from ipaddress import ip_address

from modelport.containers.engine import Engine, EngineAddress, connected, speaking
from modelport.containers.orders import SwitchOrders
from modelport.containers.settings import ROLE_LABEL, SERVICE_LABEL
from modelport.errors import ServiceError
from modelport.live.service import Answer, Found, Names
from modelport.provider.local_live import reachable_url
from modelport.verify import bearer_header

_MODEL = "model"


def endpoint_url(engine: str, host: str, port: int) -> str:
    """The address to call; on another machine's unspecified address, that machine's name."""
    where = engine.partition("://")[2].rpartition("@")[2].partition("/")[0]
    machine = where.rpartition(":")[0] or where
    if engine.startswith(("ssh://", "tcp://")) and ip_address(host).is_unspecified:
        return f"http://{machine}:{port}"
    return reachable_url(host, port)


def reached_from_here(engine: Engine, host: str) -> bool:
    """Whether a caller on this machine reaches the endpoint by its address."""
    return engine.local or not ip_address(host).is_loopback


def read_service(names: Names) -> Found:
    """A deployment as its engine describes it."""
    with connected(_address(names)) as engine:
        label = f"{SERVICE_LABEL}={names['service']}"
        with speaking():
            containers = engine.client.containers.list(all=True, filters={"label": label})
        switch = next((item for item in containers if item.labels[ROLE_LABEL] == "switch"), None)
        if switch is None:
            return Found("gone")
        if switch.status != "running":
            return Found("failed", f"the switch {switch.name} is {switch.status}")
        try:
            with SwitchOrders(switch) as orders:
                told = orders.ask("status")
        except ServiceError as error:  # it was started again just now
            return Found("changing", f"{switch.name}: {error}")
        up = {address.rpartition(":")[0] for address, is_up in told["up"].items() if is_up}
        taking = {address.rpartition(":")[0] for address in told["addresses"]}
        models = [item for item in containers if item.name in taking]
        running = [item for item in models if item.status == "running" and item.name in up]
        if not running:
            gone = ", ".join(sorted(taking)) or "no container"
            return Found("failed", f"{gone} takes the requests, and does not run")
        images = {str(item.attrs["Image"]) for item in models}
        return Found(
            state="ready",
            detail=f"{len(running)} of {len(taking)} containers run",
            # What users know a revision by is its version; its settings are compared apart.
            revision=", ".join(sorted({item.labels["modelport.version"] for item in models})),
            digest=images.pop() if len(images) == 1 else "several images",
            replicas=len(running),
        )


def ask_beside(names: Names, body: bytes, key: str | None, timeout: float) -> Answer:
    """Ask the endpoint from within its machine, through the engine."""
    from docker.errors import NotFound

    with connected(_address(names)) as engine:
        with speaking():
            try:
                switch = engine.client.containers.get(f"{names['name']}-switch")
            except NotFound:
                raise ServiceError(f"{names['name']}-switch is not there") from None
        headers = bearer_header(key)
        with SwitchOrders(switch) as orders:
            found = orders.request(None, "/predict", body=body, headers=headers, timeout=timeout)
    return Answer(found.status, found.text.encode(), found.headers)


def called_from_here(names: Names) -> bool:
    """Whether the endpoint is asked by its address, as callers on this machine do."""
    with connected(_address(names)) as engine:
        return reached_from_here(engine, names["host"])


def last_lines(names: Names, count: int) -> Iterator[str]:
    """The last lines of the logs of the model's containers, one container after the other."""
    labels = [f"{SERVICE_LABEL}={names['service']}", f"{ROLE_LABEL}={_MODEL}"]
    with connected(_address(names)) as engine, speaking():
        found = engine.client.containers.list(all=True, filters={"label": labels})
        for item in sorted(found, key=lambda one: str(one.name)):
            lines = item.logs(tail=count).decode(errors="replace").splitlines()
            yield from ([f"==> {item.name} <==", *lines] if len(found) > 1 else lines)


def follow_command(names: Names) -> str:
    """A command that shows the logs of the model's containers as they grow."""
    host = f" --host {names['engine']}" if names.get("engine") else ""
    labels = (f"{SERVICE_LABEL}={names['service']}", f"{ROLE_LABEL}={_MODEL}")
    filters = " ".join(f"--filter label={label}" for label in labels)
    return f"docker{host} ps -q {filters} | xargs -n 1 -P 32 docker{host} logs --follow"


def _address(names: Names) -> EngineAddress:
    return EngineAddress(names.get("engine", ""), names.get("certificates", ""))
