'''Bundle as a BentoML service: the few lines that every bundle's `service.py` uses.

The whole `bentos/<name>/service.py` is this; only the two names differ:

    """Breast cancer: the service."""

    from pathlib import Path

    import bentoml

    from modelport_serving.bento import Bundle

    bundle = Bundle(Path(__file__).parent)


    @bundle.serve
    @bentoml.service(name="breast_cancer")
    class BreastCancer:
        """Answers whether a tumour is benign or malignant."""

        model = bundle.model

        def __init__(self) -> None:
            bundle.start(self.model)

An application of Flask, Django, FastAPI or another framework that lies beside `service.py` is
mounted with `Bundle(Path(__file__).parent, mount=app)`; `modelport_serving.predictions` is how it
predicts.

The folder of `service.py` must hold `bundle.json`, `golden.json` and `modelport_serving/` when it
is imported: so in a built Bento, and in the folder from which it is built. The BentoML model
`name:version` holds the joblib file `record.model_file` at its top level. Importing the service
reads the record, never the model or the settings: a build needs neither a key nor scikit-learn.
'''

from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar, cast

import bentoml
from bentoml.models import BentoModel

from modelport_serving.app import build_app
from modelport_serving.errors import StartError
from modelport_serving.gate import Front
from modelport_serving.interfaces import Application
from modelport_serving.mount import Lifespan, Mount
from modelport_serving.platform_routes import platform_routes
from modelport_serving.predictions import Predictions, use
from modelport_serving.predictor import load_predictor, load_previous
from modelport_serving.protocols.base import Plain
from modelport_serving.record import read_golden, read_record
from modelport_serving.runtime import Runtime
from modelport_serving.settings import read_settings

T = TypeVar("T")

_served: dict[type, "Bundle"] = {}


class Bundle:
    """One version of a bundle, from the folder that holds its record and its sources.

    Args:
        folder: That of `service.py`.
        mount: A web application of ASGI or WSGI, for every path that the bundle does not take.
        path: Where it lies: `/`, or a path such as `/clinic`.
        public: Prefixes of its paths that need no key, as the application sees them; `/static`
            opens that path and all below it, `/` the start page alone, `*` everything.

    Raises:
        StartError: the application cannot be mounted so.
        OSError: the record is missing; pydantic's `ValidationError`: it is malformed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mount: Application | None = None,
        path: str = "/",
        public: Collection[str] = (),
    ) -> None:
        self.folder = folder
        self.runtime = Runtime(read_record(folder), read_golden(folder))
        self.predictions = Predictions(self.runtime)
        self.mount: Mount | None = None
        if mount is not None:
            self.mount = Mount(mount, path=path, public=public, predictions=self.predictions)
        elif path != "/" or public:
            raise StartError("path and public are about a mounted application; give mount=app too")
        self.app = build_app(self.runtime, platform_routes(), self.mount)
        use(self.predictions)
        self.model = BentoModel(self.runtime.record.tag)

    def serve(self, service: bentoml.Service[T]) -> bentoml.Service[T]:
        """Put the HTTP application before BentoML's own routes: decorator of the service.

        Every request is answered by the application, so BentoML's page, its `/metrics`, `/healthz`
        and `/docs.json` are never reached; BentoML loads, starts and stops the service.
        """
        service.mount_asgi_app(self.app, path="/")
        # BentoML types a middleware as a function of an application, not as the class it wants.
        service.add_asgi_middleware(cast("Any", Front), answer=self.app)
        if self.mount is not None:
            service.add_asgi_middleware(cast("Any", Lifespan), mount=self.mount)
        # BentoML's metrics label raw paths, so a scan would grow them for ever; ours replace them.
        service.config["metrics"] = {"enabled": False}
        service.config["logging"] = {"access": {"enabled": False}}
        # Its timeout answers in another shape, so the application's own must come first.
        service.config["traffic"] = {"timeout": 3600}
        _served[service.inner] = self
        return service

    def predict(self, instances: object) -> Plain:
        """Answer instances in this process, as `Predictions.predict` does."""
        return self.predictions.predict(instances)

    async def predict_async(self, instances: object) -> Plain:
        """Answer instances in this process, as `Predictions.predict_async` does."""
        return await self.predictions.predict_async(instances)

    def start(self, model: bentoml.Model) -> None:
        """Read the settings, load the model and answer the golden requests.

        The previous version is loaded too, where it is the fallback.

        Raises `StartError` with one sentence when the service cannot be the one that is asked for.
        """
        settings = read_settings()
        predictor = load_predictor(self.folder, Path(model.path))
        previous = None
        if settings.fallback and settings.fallback.previous and predictor.record.lineage.previous:
            previous = load_previous(self.folder)
        self.runtime.start(settings, predictor, previous)


def served(service: bentoml.Service[T]) -> Bundle:
    """Return the bundle that `service` serves.

    Raises `StartError` for a service that no bundle was put before.
    """
    bundle = _served.get(service.inner)
    if bundle is None:
        message = f"the service {service.name} is no Modelport bundle: it lacks @bundle.serve"
        raise StartError(message)
    return bundle
