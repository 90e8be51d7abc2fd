"""FastAPI: a form that shows a prediction, and the last ones for those who have the key."""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from modelport_serving.predictions import PredictionError, predict_async, signature

HERE = Path(__file__).parent


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, Any]]:
    """What the application needs while it runs; a connection to a database would be opened here."""
    yield {"recent": deque(maxlen=20)}


# The bundle's own /openapi.json comes first, so this one lies elsewhere; /docs shows it.
app = FastAPI(lifespan=lifespan, openapi_url="/app-openapi.json")
app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
templates = Jinja2Templates(directory=HERE / "templates")


@app.get("/")
async def form(request: Request) -> HTMLResponse:
    """The form; with values in the query the prediction too."""
    known = signature()
    values = request.query_params
    page: dict[str, Any] = {"answer": None, "error": None}
    status = 200
    if values:
        try:
            instance = {name: _number(text) for name, text in values.items()}
            page["answer"] = (await predict_async([instance]))[0]
            request.state.recent.append(page["answer"]["label"])
        except PredictionError as error:
            page["error"] = _reason(error)
            status = error.status
    page |= {
        "target": known.target,
        "features": known.features,
        "values": values,
        "style": request.url_for("static", path="style.css").path,
    }
    return templates.TemplateResponse(request, "form.html", page, status_code=status)


@app.get("/recent")
async def last(request: Request) -> dict[str, list[str]]:
    """The last predictions of this process."""
    return {"recent": list(request.state.recent)}


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text  # the model's own check says what is wrong with it


def _reason(error: PredictionError) -> str:
    return "; ".join(f"{fault.path} {fault.detail}" for fault in error.errors) or error.detail
