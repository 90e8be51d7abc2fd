"""Flask: a form that shows a prediction, and the last ones for those who have the key."""

from collections import deque
from typing import Any

from flask import Flask, render_template, request, url_for

from modelport_serving.predictions import PredictionError, predict, signature

app = Flask(__name__)
recent: deque[str] = deque(maxlen=20)


@app.get("/")
def form() -> tuple[str, int]:
    """The form; with values in the query the prediction too."""
    known = signature()
    values = request.args
    page: dict[str, Any] = {"answer": None, "error": None}
    status = 200
    if values:
        try:
            page["answer"] = predict([_instance(values)])[0]
            recent.append(page["answer"]["label"])
        except PredictionError as error:
            page["error"] = _reason(error)
            status = error.status
    style = url_for("static", filename="style.css")
    html = render_template(
        "form.html",
        target=known.target,
        features=known.features,
        values=values,
        style=style,
        **page,
    )
    return html, status


@app.get("/recent")
def last() -> dict[str, list[str]]:
    """The last predictions of this process."""
    return {"recent": list(recent)}


def _instance(values: Any) -> dict[str, object]:
    return {name: _number(text) for name, text in values.items()}


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text  # the model's own check says what is wrong with it


def _reason(error: PredictionError) -> str:
    return "; ".join(f"{fault.path} {fault.detail}" for fault in error.errors) or error.detail
