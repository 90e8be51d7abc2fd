"""The live service of kind `heroku`, read back through the Platform API."""

from typing import ClassVar

from modelport.cloud.heroku import Heroku, NotFoundError
from modelport.live.service import Answer, Found, LiveService
from modelport.platforms.asking import post
from modelport.provider.heroku_live import history, image_of, live_release, short_image

_WEB = "web"


class Service(LiveService):
    """An app; what is live is the image of its current release."""

    kind: ClassVar[str] = "heroku"

    def read(self) -> Found:
        """The current release, its image and the dynos that are up."""
        heroku, app = Heroku(), self.names["app"]
        try:
            releases = history(heroku, app)
            dynos = heroku.items(f"/apps/{app}/dynos")
        except NotFoundError:
            return Found("gone")
        current = live_release(releases)
        if current is None:
            return Found("changing", "nothing is released")
        newest = releases[0]
        image = image_of(releases, current, _WEB)
        wanted = image == short_image(self.names["image"])
        up = sum(item.get("type") == _WEB and item.get("state") == "up" for item in dynos)
        return Found(
            state="changing" if newest.status == "pending" else "ready",
            detail=f"release v{current.version}: {current.description}",
            # A release has no name of ours; the image that it runs tells which one it is.
            revision=self.names["revision"] if wanted else f"image {image}",
            replicas=up,
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction with our key."""
        return post(f"{self.names['url']}/predict", body, timeout, token=key)
