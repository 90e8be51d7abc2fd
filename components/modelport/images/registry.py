"""Registry: what a repository holds, asked over the registry's HTTP API, version 2.

https://distribution.github.io/distribution/spec/api/ and, for the tokens, …/spec/auth/token/.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import httpx

from modelport.errors import ServiceError
from modelport.images.login import Login, address, is_local

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_LISTS = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
)
_ACCEPT = ", ".join((DOCKER_MANIFEST, OCI_MANIFEST, *_LISTS))
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Found:
    """One image in a repository."""

    digest: str
    """Of its manifest: `sha256:…`."""
    media_type: str
    """Kind of the manifest."""
    image_id: str
    """Digest of its configuration; empty for a list of images."""
    architecture: str
    """E.g. `amd64`."""
    labels: Mapping[str, str]
    """What the build wrote on it."""

    @property
    def is_list(self) -> bool:
        """Whether it is a list of images for several platforms, which Lambda refuses."""
        return self.media_type in _LISTS


class Registry:
    """One repository.

    Args:
        repository: Registry and path, without tag.
        login: How to sign in; none where nobody has to.
    """

    def __init__(self, repository: str, login: Login | None) -> None:
        self.host, _, self.path = repository.partition("/")
        self._login = login
        self._authorization = ""

    def find(self, reference: str) -> Found | None:
        """The image of a tag or digest; none when there is no such image or repository.

        Raises:
            ServiceError: the registry refused or did not answer, or its answer is not what the
                digest says.
        """
        response = self._get(f"manifests/{reference}", _ACCEPT)
        if response is None:
            return None
        digest = f"sha256:{hashlib.sha256(response.content).hexdigest()}"
        if reference.startswith("sha256:") and reference != digest:
            raise ServiceError(f"{self.host}/{self.path} answered {digest} for {reference}")
        manifest = cast("dict[str, Any]", json.loads(response.content))
        kind = str(manifest.get("mediaType") or response.headers.get("content-type", ""))
        kind = kind.partition(";")[0].strip()
        if kind in _LISTS:
            return Found(digest, kind, "", "", {})
        image_id = str(manifest["config"]["digest"])
        config = self._get(f"blobs/{image_id}", "*/*")
        document = cast("dict[str, Any]", json.loads(config.content) if config is not None else {})
        labels = cast("dict[str, str]", (document.get("config") or {}).get("Labels") or {})
        return Found(digest, kind, image_id, str(document.get("architecture", "")), labels)

    def _get(self, what: str, accept: str) -> httpx.Response | None:
        url = f"{address(self.host)}/v2/{self.path}/{what}"
        response = self._send(url, accept)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            self._authorization = self._authorize(response.headers.get("www-authenticate", ""))
            response = self._send(url, accept)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not response.is_success:
            said = " ".join(response.text[:200].split())
            message = f"{self.host} answered {response.status_code} for {self.path}/{what}: {said}"
            raise ServiceError(message)
        return response

    def _send(self, url: str, accept: str) -> httpx.Response:
        headers = {"accept": accept}
        if self._authorization:
            headers["authorization"] = self._authorization
        return self._request(url, headers, None)

    def _authorize(self, challenge: str) -> str:
        """The header that answers a challenge."""
        basic = (
            None if self._login is None else httpx.BasicAuth(self._login.user, self._login.password)
        )
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() != "bearer":
            if basic is None:
                raise ServiceError(f"{self.host} wants a login; run: docker login {self.host}")
            request = next(basic.auth_flow(httpx.Request("GET", "https://registry")))
            return request.headers["authorization"]
        fields = dict(_CHALLENGE.findall(rest))
        query = {key: fields[key] for key in ("service", "scope") if key in fields}
        url = str(httpx.URL(fields.get("realm", ""), params=query))
        response = self._request(url, {}, basic)
        if not response.is_success:
            message = f"{self.host} refused to sign in: {response.status_code}"
            raise ServiceError(message)
        answer = cast("dict[str, str]", response.json())
        return f"Bearer {answer.get('token') or answer.get('access_token')}"

    def _request(
        self, url: str, headers: Mapping[str, str], auth: httpx.BasicAuth | None
    ) -> httpx.Response:
        try:
            with httpx.Client(
                timeout=30, follow_redirects=True, trust_env=not is_local(self.host)
            ) as client:
                return client.get(url, headers=dict(headers), auth=auth)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"{self.host} does not answer: {type(error).__name__}: {error}"
            raise ServiceError(message) from None
