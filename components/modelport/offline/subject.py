"""Subject: the resource or answer that something is invented for."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelport.offline import marks
from modelport.offline.place import Place, text
from modelport.provider.wire import UNKNOWN, Json
from modelport.sdk.types import Properties

_NAMES = (
    "name",
    "bucket",
    "identifier",
    "clusterIdentifier",
    "domainName",
    "displayName",
    "functionName",
    "repositoryId",
)
"""Inputs that hold a resource's own name, in this order."""


@dataclass(frozen=True, slots=True)
class Subject:
    """All that an invention may depend on."""

    token: str
    urn_name: str
    """Name in the program; of a data source, of its function."""
    inputs: Mapping[str, Json]
    place: Place
    seed: str
    """What made-up ids follow from."""

    @property
    def package(self) -> str:
        """Package of the type."""
        return self.token.partition(":")[0]

    @property
    def module(self) -> str:
        """Module of the type, e.g. `ec2` or `apps/v1`."""
        module = self.token.split(":")[1]
        return module if self.package == "kubernetes" else module.partition("/")[0]

    @property
    def kind(self) -> str:
        """Class of the type, e.g. `Vpc`."""
        return self.token.rsplit(":", 1)[-1]

    @property
    def name(self) -> str:
        """The resource's own name, as its cloud knows it."""
        own = f"{self.kind[:1].lower()}{self.kind[1:]}"
        given = text(self.inputs, *_NAMES, f"{own}Name", f"{own}Id", "accountId")
        return given or self.urn_name

    def about(self, *parts: str) -> str:
        """A seed of one detail of it."""
        return marks.seed(self.seed, *parts)


def subject_of(
    token: str, urn: str, inputs: Mapping[str, Json], config: Mapping[str, Json]
) -> Subject:
    """The subject of a resource: ids follow from its urn, its type and its inputs."""
    place = Place(token.partition(":")[0], inputs, config)
    name = urn.rsplit("::", 1)[-1]
    return Subject(token, name, inputs, place, marks.seed(urn, token, dict(inputs)))


def subject_of_answer(
    token: str, arguments: Mapping[str, Json], config: Mapping[str, Json]
) -> Subject:
    """The subject of a data source's answer: ids follow from its arguments."""
    place = Place(token.partition(":")[0], arguments, config)
    name = f"offline-{kebab(token.rsplit(':', 1)[-1].removeprefix('get').removeprefix('list'))}"
    return Subject(token, name, arguments, place, marks.seed(token, dict(arguments)))


def known(inputs: Mapping[str, Json], properties: Properties) -> dict[str, Json]:
    """The inputs that are given, known and the SDK's."""
    return {
        key: value
        for key, value in inputs.items()
        if key in properties and value is not None and value != UNKNOWN
    }


def kebab(name: str) -> str:
    """`camelCase` as `camel-case`."""
    result = ""
    for index, letter in enumerate(name):
        before = name[index - 1] if index else ""
        after = name[index + 1 : index + 2]
        if letter.isupper() and before and (not before.isupper() or after.islower()):
            result += "-"
        result += letter.lower()
    return result.replace("_", "-")


def snake(name: str) -> str:
    """`camelCase` as `camel_case`."""
    return kebab(name).replace("-", "_")


def camel(name: str) -> str:
    """`snake_case` as `snakeCase`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
