"""Django: a form that shows a prediction, and the last ones for those who have the key."""

import os
import secrets
from collections import deque
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.static import serve

from modelport_serving.predictions import PredictionError, predict, signature

HERE = Path(__file__).parent

settings.configure(
    # Workers of one deployment that sign cookies need the same one.
    SECRET_KEY=os.environ.get("DJANGO_SECRET_KEY") or secrets.token_urlsafe(),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [HERE / "templates"],
        }
    ],
)
recent: deque[str] = deque(maxlen=20)


def form(request: HttpRequest) -> HttpResponse:
    """The form; with values in the query the prediction too."""
    known = signature()
    values = request.GET
    page: dict[str, Any] = {}
    status = 200
    if values:
        try:
            page["answer"] = predict([{name: _number(text) for name, text in values.items()}])[0]
            recent.append(page["answer"]["label"])
        except PredictionError as error:
            page["error"] = _reason(error)
            status = error.status
    page |= {
        "target": known.target,
        "features": [(feature, values.get(feature.name, "")) for feature in known.features],
        "style": reverse("static", args=["style.css"]),
    }
    return render(request, "form.html", page, status=status)


def last(_: HttpRequest) -> JsonResponse:
    """The last predictions of this process."""
    return JsonResponse({"recent": list(recent)})


urlpatterns = [
    path("", form),
    path("recent", last),
    path("static/<path:path>", serve, {"document_root": HERE / "static"}, name="static"),
]

app = get_asgi_application()


def _number(text: Any) -> object:
    try:
        return float(text)
    except ValueError:
        return text  # the model's own check says what is wrong with it


def _reason(error: PredictionError) -> str:
    return "; ".join(f"{fault.path} {fault.detail}" for fault in error.errors) or error.detail
