"""Service: everything of one deployment on its engine, made, looked at and removed."""

import contextlib
import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping

from docker.errors import APIError, NotFound
from docker.models.containers import Container

from modelport.containers.engine import Engine, speaking
from modelport.containers.members import Member, log_lines, member_of, why_ended
from modelport.containers.orders import SwitchOrders
from modelport.containers.parts import (
    SETTINGS,
    SETTINGS_FOLDER,
    STATE,
    STATE_FOLDER,
    archive,
    differences,
    model_arguments,
    model_networks,
    switch_arguments,
    switch_networks,
)
from modelport.containers.settings import (
    HOME_LABEL,
    REVISION_LABEL,
    ROLE_LABEL,
    SERVICE_LABEL,
    Wanted,
)
from modelport.errors import ServiceError

_LOOK = 0.1
_STOP_SECONDS = 10
"""Seconds in which a container ends by itself; its server needs fewer."""
_SWITCH_SECONDS = 30.0
_TAKEN = re.compile("port is already allocated|address already in use|ports are not available")


class DockerDeployment:
    """One deployment on an engine.

    Every method may raise `ServiceError` with what Docker said.
    """

    def __init__(self, engine: Engine, wanted: Wanted) -> None:
        self.engine = engine
        self.wanted = wanted
        self._client = engine.client

    # -- what is there

    def members(self) -> list[Member]:
        """The model's containers, the oldest first; only those of the wanted revision are judged.

        A container that was made by somebody else under the same labels is one too.
        """
        found = [member_of(item, self.wanted) for item in self._containers("model")]
        return sorted(found, key=lambda item: (item.revision, item.number))

    def switch(self) -> Container | None:
        """The container that holds the port; none when there is none."""
        found = self._containers("switch")
        return found[0] if found else None

    def switch_faults(self) -> tuple[str, ...]:
        """Why the port is not held as it should be; empty when it is."""
        switch = self.switch()
        if switch is None:
            return ("is not there",)
        faults = differences(
            switch.attrs,
            switch_arguments(self.wanted, str(switch.attrs["Image"])),
            switch_networks(self.wanted),
        )
        state = switch.attrs["State"]
        running = [] if state["Running"] and not state["Paused"] else [f"is {state['Status']}"]
        return (*running, *faults)

    def strangers(self) -> list[str]:
        """Names of ours that somebody else's containers have."""
        with speaking():
            named = self._client.containers.list(
                all=True, filters={"name": f"^/?{self.wanted.switch}$"}
            )
            ours = self._client.containers.list(
                all=True, filters={"label": f"{SERVICE_LABEL}={self.wanted.service}"}
            )
        mine = self.wanted.labels
        return sorted(
            {
                str(item.name)
                for item in (*named, *ours)
                if any(item.labels.get(key) != mine[key] for key in (SERVICE_LABEL, HOME_LABEL))
            }
        )

    # -- the port

    def prepare(self) -> None:
        """Have the networks, and the switch as it should be; what it forwards stays as it is.

        A switch that other settings ask for is made anew, and the port is closed meanwhile.
        """
        self._require_limits()
        for name, internal in ((self.wanted.inside, True), (self.wanted.outside, False)):
            self._have_network(name, internal=internal)
        switch = self.switch()
        if switch is not None:
            self._join(switch)
        faults = self.switch_faults()
        if switch is not None and not faults:
            self._await_switch()
            return
        if switch is not None and all(fault.startswith("is ") for fault in faults):
            with speaking():
                if switch.attrs["State"]["Paused"]:
                    switch.unpause()
                switch.start()
        else:
            image = str(switch.attrs["Image"]) if switch else self.wanted.model.image
            if switch is not None:
                self._remove(switch)
            self._make_switch(image)
        self._await_switch()

    @contextlib.contextmanager
    def orders(self) -> Generator[SwitchOrders]:
        """A connection to the switch."""
        switch = self.switch()
        if switch is None or not switch.attrs["State"]["Running"]:
            raise ServiceError(f"{self.wanted.switch} does not run")
        with SwitchOrders(switch) as orders:
            yield orders

    # -- the model

    def start(self, number: int) -> Member:
        """Make and start one container of the wanted revision; it takes no requests yet."""
        wanted = self.wanted
        arguments = model_arguments(wanted, number)
        volume = wanted.volume(wanted.model.revision)
        if self._have_volume(volume, wanted.model.revision):
            self._seed(volume, SETTINGS_FOLDER, {SETTINGS: wanted.model.settings.encode()}, {})
        with speaking():
            made = self._client.containers.create(**arguments)
            try:
                for network in sorted(model_networks(wanted) - {wanted.inside}):
                    self._client.networks.get(network).connect(made)
                made.start()
                made.reload()
            except BaseException:
                made.remove(force=True)
                raise
        return member_of(made, wanted)

    def await_ready(
        self, member: Member, orders: SwitchOrders, status: Callable[[str], None]
    ) -> None:
        """Wait until a container answers.

        Raises:
            ServiceError: it ended, or is not ready in time; the message says why.
        """
        status(f"starting {member.name}")
        end = time.monotonic() + self.wanted.start_timeout
        while True:
            container = self._get(member.name)
            if container is None:
                raise ServiceError(f"{member.name} was removed while it started")
            reason = why_ended(container)
            if reason:
                raise ServiceError(f"{member.name} {reason}")
            with contextlib.suppress(ServiceError):
                if orders.request(member.address, "/readyz", timeout=5).status == 200:
                    return
            if time.monotonic() > end:
                limit = f"{self.wanted.start_timeout:g} s"
                raise ServiceError(f"{member.name} is not ready within {limit}")
            time.sleep(_LOOK)

    def log_tail(self, member: Member) -> str:
        """The last lines of a container's log, as part of an error; empty when there are none."""
        container = self._get(member.name)
        lines = log_lines(container) if container else []
        if not lines:
            return ""
        return f"\n  last lines of {member.name}:\n" + "\n".join(f"    {line}" for line in lines)

    def remove(self, members: Iterable[Member]) -> None:
        """Stop and remove containers, and the settings of revisions that have none left."""
        for member in members:
            container = self._get(member.name)
            if container is not None:
                self._remove(container)
        for seed in self._containers("seed"):  # of an update that was killed
            self._remove(seed)
        left = {member.revision for member in self.members()}
        kept = {self.wanted.switch, *(self.wanted.volume(revision) for revision in left)}
        with speaking():
            for volume in self._client.volumes.list(filters={"label": self._label}):
                if volume.name not in kept:
                    volume.remove()

    def remove_all(self) -> None:
        """Leave the engine as it was, but for images."""
        for role in ("switch", "model", "seed"):
            for container in self._containers(role):
                self._remove(container)
        with speaking():
            for volume in self._client.volumes.list(filters={"label": self._label}):
                volume.remove(force=True)
            for network in self._client.networks.list(filters={"label": self._label}):
                network.remove()

    # -- helpers

    @property
    def _label(self) -> str:
        return f"{SERVICE_LABEL}={self.wanted.service}"

    def _containers(self, role: str) -> list[Container]:
        with speaking():
            return self._client.containers.list(
                all=True, filters={"label": [self._label, f"{ROLE_LABEL}={role}"]}
            )

    def _get(self, name: str) -> Container | None:
        with speaking():
            try:
                return self._client.containers.get(name)
            except NotFound:
                return None

    def _remove(self, container: Container) -> None:
        with speaking(), contextlib.suppress(NotFound):
            if container.attrs["State"]["Paused"]:
                container.unpause()
            container.stop(timeout=_STOP_SECONDS)
            container.remove(force=True)

    def _have_network(self, name: str, *, internal: bool) -> None:
        with speaking():
            found = [item for item in self._client.networks.list(names=[name]) if item.name == name]
            if not found:
                self._client.networks.create(
                    name, driver="bridge", internal=internal, labels=self.wanted.labels
                )

    def _have_volume(self, name: str, revision: str) -> bool:
        """Whether it had to be made."""
        with speaking():
            try:
                self._client.volumes.get(name)
            except NotFound:
                labels = {**self.wanted.labels, REVISION_LABEL: revision}
                self._client.volumes.create(name, labels=labels)
                return True
        return False

    def _make_switch(self, image: str) -> None:
        wanted = self.wanted
        if self._have_volume(wanted.switch, ""):
            self._seed(wanted.switch, STATE_FOLDER, {}, {STATE: 0o700}, image)
        with speaking():
            made = self._client.containers.create(**switch_arguments(wanted, image))
            try:
                made.reload()
                self._join(made)
                self._open_port(made)
            except BaseException:
                made.remove(force=True)
                raise

    def _join(self, switch: Container) -> None:
        """Have the switch in its networks and in no other, without an interruption."""
        wanted = self.wanted
        found = set(switch.attrs["NetworkSettings"]["Networks"])
        networks = self._client.networks
        with speaking():
            if wanted.network and not networks.list(names=[f"^{wanted.network}$"]):
                raise ServiceError(
                    f"target.network {wanted.network}: the engine has no such network; make it "
                    f"with 'docker network create {wanted.network}', or leave it out"
                )
            for name in sorted(switch_networks(wanted) - found):
                aliases = [wanted.alias] if name == wanted.network else None
                networks.get(name).connect(switch, aliases=aliases)
            for name in sorted(found - switch_networks(wanted)):
                networks.get(name).disconnect(switch)

    def _open_port(self, switch: Container) -> None:
        try:
            switch.start()
        except APIError as error:
            if not _TAKEN.search(str(error.explanation)):
                raise
            where = f"port {self.wanted.port} on {self.wanted.host}"
            message = f"{where} is taken on the engine's machine; give target.port another number"
            raise ServiceError(message) from None

    def _require_limits(self) -> None:
        facts = self.engine.facts
        off = [limit for limit in ("MemoryLimit", "PidsLimit") if not facts.get(limit, True)]
        if self.wanted.model.cpus and not facts.get("CpuCfsQuota", True):
            off.append("CpuCfsQuota")
        if off:
            raise ServiceError(
                f"this engine cannot bound its containers: {', '.join(off)} is off in its kernel; "
                "switch the cgroup controllers on (without root: delegate them to the user)"
            )

    def _seed(
        self,
        volume: str,
        folder: str,
        files: Mapping[str, bytes],
        folders: Mapping[str, int],
        image: str = "",
    ) -> None:
        """Write files that the containers' user alone reads; the container for it never starts."""
        with speaking():
            try:
                seed = self._client.containers.create(
                    image or self.wanted.model.image,
                    entrypoint=["true"],
                    command=[],
                    network_mode="none",
                    volumes={volume: {"bind": folder, "mode": "rw"}},
                    labels={**self.wanted.labels, ROLE_LABEL: "seed"},
                )
                try:
                    seed.put_archive(folder, archive(files, folders))
                finally:
                    seed.remove(force=True)
            except BaseException:
                self._client.volumes.get(volume).remove(force=True)
                raise

    def _await_switch(self) -> None:
        end = time.monotonic() + _SWITCH_SECONDS
        while True:
            switch = self.switch()
            runs = switch is not None and switch.attrs["State"]["Status"] == "running"
            if switch is not None and runs:
                # However often it was started again: what counts is that it answers now.
                try:
                    with SwitchOrders(switch) as orders:
                        orders.ask("status")
                except ServiceError as error:
                    reason = str(error)
                else:
                    return
            else:
                reason = why_ended(switch) if switch else "is not there"
            if not runs or time.monotonic() > end:
                raise ServiceError(f"{self.wanted.switch} {reason}")
            time.sleep(_LOOK)
