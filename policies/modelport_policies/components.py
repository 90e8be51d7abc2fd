"""What rules about components share: which types they are and where such rules come from."""

COMPONENTS = (
    "modelport:index:*Endpoint",
    "modelport:index:*Fleet",
    "modelport:index:*Predictor",
    "modelport:index:*Scorer",
    "modelport:index:*Service",
)
"""Components that put a model to work."""

CATALOGUE = "Modelport's own rule: facts that every component publishes"
