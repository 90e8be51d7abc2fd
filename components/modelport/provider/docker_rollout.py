"""A rollout on an engine: containers of a new version beside the old ones, behind one open port."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelport.config.rollout import CanaryRollout, Rollout, ShadowRollout
from modelport.containers.orders import Answered, SwitchOrders
from modelport.errors import ServiceError
from modelport.live.caller import Caller
from modelport.live.service import NotReachable
from modelport.live.watch import Watch
from modelport.provider.local_rollout import evidence_of
from modelport.rollout import Counts, Evidence, Watched
from modelport.verify import (
    VERSION_HEADER,
    bearer_header,
    check_answer,
    golden_body,
    limited_for,
    patiently,
)
from modelport_serving.record import BundleRecord, Golden

if TYPE_CHECKING:
    from modelport.containers.members import Member
    from modelport.containers.service import DockerDeployment

STANDBY_SECONDS = 30.0
"""Seconds that `blue_green` keeps the old containers after the new ones took over."""
_LOOK = 0.2
_GOLDEN = 5.0
"""Seconds between two rounds of golden requests."""
_ANSWER = 5.0
"""Seconds in which a new version must answer; then the live one does."""
_REPORT = 3.0
"""Seconds in which the switch must have begun to report its counts."""
_PREDICTION_SECONDS = 30.0
_LIMITED_TRIES = 5
"""Times that a service is asked again that limits how often it may be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Asks containers for golden answers, from beside them."""

    orders: SwitchOrders
    record: BundleRecord
    golden: Golden
    caller: Caller

    def prove(self, where: str, address: str | None) -> None:
        """Ask one container, or the endpoint; without a token only whether it is ready.

        Args:
            where: What messages call it.
            address: `name:port` of the container; none: the endpoint.

        Raises:
            ServiceError: another version is served, or it answers differently.
        """
        try:
            key = self.caller.bearer()
        except NotReachable:
            answer = self.orders.request(address, "/readyz")
            version = answer.headers.get(VERSION_HEADER)
            if answer.status != 200 or version != self.record.version:
                message = f"{where} is not ready with version {self.record.version}"
                raise ServiceError(message) from None
            return
        body = json.dumps(golden_body(self.golden)).encode()
        answer = patiently(
            lambda: self._predict(address, body, bearer_header(key)),
            lambda found: limited_for(found.status, found.headers.get("retry-after")),
            tries=_LIMITED_TRIES,
        )
        version = answer.headers.get(VERSION_HEADER)
        check_answer(where, answer.status, version, answer.text, self.record, self.golden)

    def _predict(self, address: str | None, body: bytes, headers: dict[str, str]) -> Answered:
        return self.orders.request(
            address, "/predict", body=body, headers=headers, timeout=_PREDICTION_SECONDS
        )


@dataclass(slots=True)
class Move:
    """From the containers that take requests now to those that are wanted."""

    deployment: "DockerDeployment"
    orders: SwitchOrders
    asked: Asked
    status: Callable[[str], None]
    prove: Callable[[], object]
    """Asks as a caller does; raises `ServiceError`."""
    fresh: "list[Member]" = field(default_factory=list)
    """Containers that were started and are not yet relied on."""

    def run(self, rollout: Rollout, releases: Sequence[str]) -> str:
        """Bring the endpoint to what is wanted; on failure the old containers go on.

        Args:
            rollout: How a new version takes over.
            releases: Versions that were live; one of them takes over unwatched.

        Returns:
            What was seen, in a few words; empty when nothing was watched.

        Raises:
            ServiceError: why it ended; what was started for it is gone.
        """
        wanted = self.deployment.wanted
        revision = wanted.model.revision
        members = self.deployment.members()
        live = str(self.orders.ask("status")["revision"])
        mine = [item for item in members if item.revision == revision]
        others = [item for item in members if item.revision != revision]
        if live != revision:
            self.deployment.remove(mine)  # of an update that was killed
            mine = []
        serving = [item for item in others if item.revision == live and item.running]
        try:
            seen = ""
            if serving and rollout == "rolling":
                self._rolling(serving, mine)
            else:
                kept = [item for item in mine if item.healthy and not item.faults]
                kept = kept[: wanted.replicas]
                self._start(wanted.replicas - len(kept), mine)
                seen = self._watched(rollout, serving, releases)
                self._take_over([*kept, *self.fresh])
                if serving and rollout == "blue_green":
                    self._stand_by()
        except BaseException as error:
            self._give_back(live, serving or mine, error)
            raise
        now = {item.name for item in self._taking()}
        self._drain()
        left = [item for item in self.deployment.members() if item.name not in now]
        self.deployment.remove(left)
        return seen

    def _start(self, count: int, there: "Sequence[Member]") -> None:
        """Start containers, and have each give the golden answers."""
        numbers = {item.number for item in (*there, *self.fresh)}
        free = (number for number in range(1, 10_000) if number not in numbers)
        begun = [self.deployment.start(next(free)) for _ in range(count)]
        self.fresh += begun
        for member in begun:
            try:
                self.deployment.await_ready(member, self.orders, self.status)
            except ServiceError as error:
                told = "cannot start: " in str(error)
                tail = "" if told else self.deployment.log_tail(member)
                raise ServiceError(f"{error}{tail}") from None
        self.status("checking golden answers")
        for member in begun:
            self._check(member)

    def _rolling(self, serving: "list[Member]", mine: "list[Member]") -> None:
        """Replace one container after the other; both versions answer meanwhile."""
        wanted = self.deployment.wanted
        left = list(serving)
        for number in range(1, wanted.replicas + 1):
            self.status(f"replacing container {number} of {wanted.replicas}")
            self._start(1, mine)
            gone, left = left[:1], left[1:]
            if number == wanted.replicas:
                gone, left = [*gone, *left], []
            self._route([*left, *self.fresh])
            self._drain()
            if not left:
                self.prove()
            self.deployment.remove(gone)

    def _take_over(self, members: "list[Member]") -> None:
        self.status("moving all requests to the new containers")
        self._route(members)
        self.status("checking golden answers")
        self.prove()

    def _stand_by(self) -> None:
        """Keep the old containers until the new ones have held for a while."""
        end = time.monotonic() + STANDBY_SECONDS
        while (left := end - time.monotonic()) > 0:
            self.status(f"old containers stand by for {left:.0f} s more")
            time.sleep(min(_GOLDEN, left))
            self.prove()
            for member in self.fresh:
                self._check(member)

    def _watched(self, rollout: Rollout, serving: "list[Member]", releases: Sequence[str]) -> str:
        """Give the new version its shares while it is watched, where that is asked for."""
        version = self.asked.record.version
        if not isinstance(rollout, CanaryRollout | ShadowRollout) or not serving:
            return ""
        if serving[0].version == version or version in releases:
            return ""
        watched = rollout.canary if isinstance(rollout, CanaryRollout) else rollout.shadow
        return self._watch(watched)

    def _watch(self, watched: Watched) -> str:
        def look(elapsed: float) -> Evidence:
            split = self.orders.ask("status")["split"]
            if split is None:
                if elapsed > _REPORT:
                    raise ServiceError("the switch was started again during the rollout")
                return Evidence(live=Counts(), candidate=Counts(), bounds=())
            return evidence_of(split)

        def check() -> None:
            for member in self.fresh:
                self._check(member)

        watch = Watch(watched, look, check, self.status, pause=_LOOK, between=_GOLDEN)

        def move(percent: int) -> None:
            self.orders.ask(
                "split",
                id=1,
                mode=watch.mode,
                percent=percent,
                revision=self.deployment.wanted.model.revision,
                addresses=[member.address for member in self.fresh],
                seconds=_ANSWER,
            )

        return f"{watch.mode} of {watch.steps(move)} requests"

    def _check(self, member: "Member") -> None:
        self.asked.prove(member.name, member.address)

    def _route(self, members: "Sequence[Member]", revision: str = "") -> None:
        wanted = self.deployment.wanted
        self.orders.ask(
            "route",
            routes={
                "revision": revision or wanted.model.revision,
                "addresses": [member.address for member in members],
                "max_body_bytes": wanted.max_body_bytes,
            },
        )

    def _taking(self) -> "list[Member]":
        addresses = set(self.orders.ask("status")["addresses"])
        return [item for item in self.deployment.members() if item.address in addresses]

    def _drain(self) -> None:
        """Wait until nothing is under way with containers that get no more requests."""
        end = time.monotonic() + self.deployment.wanted.drain_timeout
        while (left := int(self.orders.ask("status")["leaving"])) and time.monotonic() < end:
            self.status(f"{left} requests are under way with the old containers")
            time.sleep(_LOOK)

    def _give_back(self, live: str, before: "Sequence[Member]", error: BaseException) -> None:
        """Leave the requests with the containers that had them, and nothing of the new ones."""
        try:
            there = {item.name for item in self.deployment.members()}
            old = [item for item in before if item.name in there and item not in self.fresh]
            if old and live:
                self.orders.ask("unsplit")
                self._route(old, live)
                self._drain()
            self.deployment.remove(self.fresh)
        except ServiceError as second:
            error.add_note(str(second))
