"""The live service of a small platform that runs in the test's process; see `live.simulated`."""

from collections.abc import Mapping
from typing import Any

import httpx

from modelport.errors import ServiceError
from modelport.live import Answer, Found, LiveService, NotReachable
from modelport.rollout import Counts


class Service(LiveService):
    kind = "simulated.service"
    moves_traffic = True

    def read(self) -> Found:
        return Found(**self._told("GET", "/service"))

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        return self._predict("/predict", body, key, timeout)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        answer = self._predict(f"/predict/{revision}", body, key, timeout)
        return None if answer.status == 404 else answer

    def shift(self, weights: Mapping[str, int]) -> None:
        self._told("PUT", "/traffic", dict(weights))

    def mirror(self, live: str, candidate: str, percent: int) -> None:
        del live
        self._told("PUT", "/copies", [candidate, percent])

    def counts(self, revision: str, since: float) -> Counts | None:
        del since
        found = self._told("GET", f"/counts/{revision}")
        return (
            Counts(found["requests"], found["errors"], tuple(found["buckets"])) if found else None
        )

    def firing(self) -> tuple[str, ...]:
        return tuple(self._told("GET", "/alarms"))

    def _predict(self, path: str, body: bytes, key: str | None, timeout: float) -> Answer:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        response = self._send("POST", path, timeout, content=body, headers=headers)
        if response.status_code == 451:
            raise NotReachable(response.text)
        return Answer(response.status_code, response.content, response.headers)

    def _told(self, method: str, path: str, body: Any = None) -> Any:
        response = self._send(method, path, 10, json=body)
        if not response.is_success:
            raise ServiceError(f"the platform refused: {response.text}")
        return response.json()

    def _send(self, method: str, path: str, timeout: float, **more: Any) -> httpx.Response:
        try:
            with httpx.Client(trust_env=False, timeout=timeout) as client:
                return client.request(method, f"{self.names['url']}{path}", **more)
        except httpx.HTTPError as error:
            raise ServiceError(f"no answer: {error}") from None
