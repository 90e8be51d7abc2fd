"""Split: a share of the live generation's requests for another one, and what was counted."""

from dataclasses import dataclass, field

from modelport.supervisor.link import Message


@dataclass(slots=True)
class Split:
    """One split; each live worker counts for itself, and the last report of each is kept."""

    candidate: int
    """Number of the generation that gets the share; also the split's id."""
    mode: str
    """`canary`: its answers go to callers; `shadow`: they are only compared."""
    timeout: float
    """Seconds after which the live version answers instead."""
    percent: int = 0
    """The share now."""
    _reports: dict[int, Message] = field(default_factory=dict[int, Message])

    def command(self, addresses: list[str]) -> Message:
        """What the live workers are told."""
        return {
            "command": "split",
            "id": self.candidate,
            "mode": self.mode,
            "percent": self.percent,
            "addresses": addresses,
            "timeout": self.timeout,
        }

    def take(self, pid: int, report: Message) -> None:
        """Keep a worker's report; it counts from the split's beginning."""
        if report.get("split") == self.candidate:
            self._reports[pid] = report

    def describe(self) -> Message:
        """The sums over all workers, those that have ended included."""
        reports = list(self._reports.values())
        return {
            "candidate": self.candidate,
            "mode": self.mode,
            "percent": self.percent,
            "reporting": len(reports),
            "counts": {role: _sum([report[role] for report in reports]) for role in _ROLES},
            **{key: sum(int(report.get(key, 0)) for report in reports) for key in _NUMBERS},
        }


_ROLES = ("live", "candidate")
_NUMBERS = ("compared", "disagreements", "dropped")


def _sum(counts: list[Message]) -> Message:
    buckets = [list(item["buckets"]) for item in counts]
    return {
        "requests": sum(int(item["requests"]) for item in counts),
        "errors": sum(int(item["errors"]) for item in counts),
        "buckets": [sum(column) for column in zip(*buckets, strict=True)],
    }
