"""Place: where a resource lies, by its inputs, its provider's config and the offline marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from modelport.offline.marks import AWS_ACCOUNT, GCP_PROJECT, ZERO_GUID
from modelport.provider.wire import UNKNOWN, Json

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"))
_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-iso": "c2s.ic.gov"}


def text(values: Mapping[str, Json], *keys: str) -> str:
    """The first of these that is a known text; else empty."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value and value != UNKNOWN:
            return value
    return ""


def entries(value: Json) -> dict[str, Json]:
    """A map's entries; none when it is no map."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """A list's items; none when it is no list."""
    return cast("list[Json]", value) if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Place:
    """Inputs win over config; config wins over what is usual."""

    package: str
    inputs: Mapping[str, Json]
    config: Mapping[str, Json]

    @property
    def region(self) -> str:
        """Region of aws or gcp; where only a zone is given, the zone's."""
        given = text(self.inputs, "region") or text(self.config, "region")
        if given:
            return given.rsplit("/", 1)[-1]
        if self.package == "gcp":
            zone = text(self.inputs, "zone") or text(self.config, "zone")
            return zone.rsplit("/", 1)[-1].rpartition("-")[0] or "us-central1"
        return "us-east-1"

    @property
    def zone(self) -> str:
        """Zone of gcp."""
        given = text(self.inputs, "zone") or text(self.config, "zone")
        return given.rsplit("/", 1)[-1] or f"{self.region}-a"

    @property
    def availability_zone(self) -> str:
        """Zone of aws."""
        return text(self.inputs, "availabilityZone") or f"{self.region}a"

    @property
    def partition(self) -> str:
        """Partition of the region, e.g. `aws-cn` (AWS General Reference, ARNs)."""
        found = [name for start, name in _PARTITIONS if self.region.startswith(start)]
        return found[0] if found else "aws"

    @property
    def dns_suffix(self) -> str:
        """What AWS's host names end in, in this partition."""
        return _SUFFIXES.get(self.partition, "amazonaws.com")

    @property
    def account(self) -> str:
        """AWS account."""
        return AWS_ACCOUNT

    @property
    def project(self) -> str:
        """Google Cloud project."""
        given = text(self.inputs, "project") or text(self.config, "project")
        return given.removeprefix("projects/") or GCP_PROJECT

    @property
    def location(self) -> str:
        """Location of gcp or azure-native."""
        given = text(self.inputs, "location")
        if self.package == "gcp":
            return given or self.region
        return given or text(self.config, "location") or "eastus"

    @property
    def subscription(self) -> str:
        """Azure subscription."""
        given = text(self.inputs, "subscriptionId") or text(self.config, "subscriptionId")
        return given or ZERO_GUID

    @property
    def tenant(self) -> str:
        """Azure tenant."""
        return text(self.config, "tenantId") or ZERO_GUID

    @property
    def namespace(self) -> str:
        """Namespace of a Kubernetes object that names none."""
        return text(self.config, "namespace") or "default"
