"""What rules about components share: which types they are and how their facts are read."""

COMPONENTS = ("modelport:index:*Service", "modelport:index:*Endpoint", "modelport:index:*Predictor")
"""Components that put a model live."""

CATALOGUE = "Modelport's own rule: facts that every component publishes"
