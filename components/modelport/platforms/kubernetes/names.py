"""Names and labels that the objects of a deployment share; live code finds them by these."""

INSTANCE = "app.kubernetes.io/instance"
"""Label: which deployment an object belongs to."""
REVISION = "modelport/revision"
"""Label of pods and of what is made for one revision."""
VERSION = "app.kubernetes.io/version"
"""Label: version of the bundle."""
REPLICAS_MIN = "modelport/replicas-min"
REPLICAS_MAX = "modelport/replicas-max"
"""Annotations of a deployment: pods that there are always, and at most."""
SCALED_BY = "modelport/scaled-by"
"""Annotation of a deployment: `keda` where KEDA decides how many pods there are."""
KEDA = "keda"
KEY_HASH = "modelport/key"
"""Annotation of pods: beginning of the hash of their key, so that another key starts others."""
METRICS_KEY = "key"
"""Entry of a secret: the key that callers send, for whoever reads the metrics."""
PORT_NAME = "http"
SERVICE_PORT = 80
CONTAINER = "model"


def revision_name(service: str, revision: str) -> str:
    """Name of what is made for one revision."""
    return f"{service}-{revision}"
