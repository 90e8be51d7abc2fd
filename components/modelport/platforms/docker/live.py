"""The live service of kind `docker`, read back through the engine's API."""

from typing import ClassVar

from modelport.live.service import Answer, Found, LiveService
from modelport.platforms.asking import post
from modelport.provider.docker_live import ask_beside, called_from_here, read_service


class Service(LiveService):
    """Containers on an engine; what is live is the version that the switch sends requests to."""

    kind: ClassVar[str] = "docker"

    @property
    def title(self) -> str:
        """What messages call it."""
        engine = self.names.get("engine") or "this machine's engine"
        return f"docker ({self.names['name']} on {engine})"

    def read(self) -> Found:
        """The switch, and the containers that it sends requests to."""
        return read_service(self.names)

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction by the endpoint's address, or on its own machine where only that can."""
        if not called_from_here(self.names):
            return ask_beside(self.names, body, key, timeout)
        return post(f"{self.names['url']}/predict", body, timeout, token=key)
