"""Live service: what a platform must offer so that a deployment on it can be proved and moved.

Each kind of target has one `Service` in `platforms/<kind>/live.py`; everything else here works on
this contract alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar, Literal, cast

from modelport.config.targets import kind_module
from modelport.errors import ServiceError
from modelport.rollout import Counts

Names = Mapping[str, str]
"""What finds a service, e.g. `{"region": "eu-west-1", "endpoint": "mp-cancer-prod"}`."""


class NotReachable(ServiceError):  # noqa: N818 - a fact about the network, not an accident
    """The service cannot be asked from here, e.g. in a private network; the text says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A service as its platform describes it now."""

    state: Literal["ready", "changing", "failed", "gone"]
    """`changing` is waited for; `gone` is also what never was."""
    detail: str = ""
    """The platform's own words, e.g. `Creating`, or why it failed."""
    revision: str = ""
    """Revision that takes all or most of the traffic, as the plan named it."""
    digest: str = ""
    """Digest of the image that serves, `sha256:…`; empty where the platform does not say."""
    traffic: Mapping[str, int] = field(default_factory=dict[str, int])
    """Percent by revision; empty where the platform has one revision only."""
    replicas: int | None = None
    """Instances that run; none where the platform does not say."""
    mirrored: str = ""
    """Revision that gets copies of requests and answers nobody; empty when none does."""

    @property
    def shares(self) -> dict[str, int]:
        """Revisions that take any traffic, with their percent."""
        if self.traffic or not self.revision:
            return {revision: share for revision, share in self.traffic.items() if share}
        return {self.revision: 100}

    def good(self, before: str = "", *, besides: str = "") -> str:
        """The revision to trust and to go back to; empty when there is none.

        What takes most of the traffic may be the half of a rollout that was interrupted: while
        the revision of the last update that ended well takes any of it, that one is better known.

        Args:
            before: Revision of the last update that ended well, as far as that is known.
            besides: Revision that is on its way, and so not meant.
        """
        others = {name: share for name, share in self.shares.items() if name != besides}
        if before in others:
            return before
        return max(others, key=lambda name: others[name], default="")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered to one request."""

    status: int
    """HTTP status."""
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers of the service itself; empty where the platform does not pass them on."""

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode(errors="replace")

    def header(self, name: str) -> str | None:
        """A header by its lower-case name."""
        return next((value for key, value in self.headers.items() if key.lower() == name), None)


class LiveService(ABC):
    """One service on its platform. Nothing is asked before the first method is called.

    Every method may raise `ServiceError` with what the platform said; no other error is for the
    user.
    """

    kind: ClassVar[str]
    """Kind of target, e.g. `aws.sagemaker`."""
    moves_traffic: ClassVar[bool] = False
    """Whether `shift` does something."""

    def __init__(self, names: Names) -> None:
        self.names = names

    @property
    def title(self) -> str:
        """What messages call it."""
        found = ", ".join(f"{key} {value}" for key, value in sorted(self.names.items()))
        return f"{self.kind} ({found})"

    @abstractmethod
    def read(self) -> Found:
        """The service now; waits for nothing."""

    @abstractmethod
    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """Send one prediction request as a caller would.

        Args:
            body: JSON, `{"instances": [[…]]}`.
            key: API key; none where the platform authenticates or nobody does.
            timeout: Seconds.

        Raises:
            NotReachable: it cannot be asked from here, however often.
            ServiceError: there was no answer; a status above 299 is one.
        """

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """As `ask`, but of one revision whatever its share; none where that cannot be done."""
        del revision, body, key, timeout
        return None

    def shift(self, weights: Mapping[str, int]) -> None:
        """Move the traffic, and wait until it is so.

        Args:
            weights: Percent by revision; they add up to 100.
        """
        del weights
        message = f"{self.title} does not move traffic between revisions"
        raise ServiceError(message)

    def mirror(self, live: str, candidate: str, percent: int) -> None:
        """Copy requests to a revision whose answers nobody gets, until `shift` is called.

        Args:
            live: Revision that takes all traffic.
            candidate: Revision that gets the copies.
            percent: Percent of the requests that are copied.
        """
        del live, candidate, percent
        message = f"{self.title} does not copy requests"
        raise ServiceError(message)

    def replace(self, old: str, new: str) -> None:
        """Move all traffic, instance by instance where the platform can, else at once.

        Args:
            old: Revision that takes it.
            new: Revision that is to take it.
        """
        del old
        self.shift({new: 100})

    def dismiss(self, revision: str) -> None:
        """Have a revision without traffic use nothing, where it would use something.

        Args:
            revision: One that was given up.
        """
        del revision

    def counts(self, revision: str, since: float) -> Counts | None:
        """What the platform counted of a revision; none where it does not count by revision.

        Args:
            revision: The revision.
            since: Unix time in seconds from which to count.

        Returns:
            Latencies are counted over `modelport_serving.latency.LATENCY_BOUNDS_MS`; no buckets
            where the platform does not say them.
        """
        del revision, since
        return None

    def firing(self) -> tuple[str, ...]:
        """Names of the deployment's alarms that fire now."""
        return ()


def service_of(kind: str) -> type[LiveService]:
    """The live service of a kind of target.

    Raises:
        ServiceError: nothing here reads such a service back.
    """
    path = f"modelport.platforms.{kind_module(kind)}.live"
    try:
        module: Any = import_module(path)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{path}.".startswith(f"{error.name}."):
            raise
        message = f"{kind}: nothing in this version of modelport reads such a service back"
        raise ServiceError(message) from None
    return cast("type[LiveService]", module.Service)
