"""Guard: offline resources never reach the state of real ones."""

import os

from modelport.errors import EngineError
from modelport.home import OFFLINE_ENV, Home


def refuse_mixture(home: Home) -> None:
    """Refuse to go on unless real goes with real and offline with offline.

    Raises:
        EngineError: the backend holds the other kind.
    """
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    if home.offline and backend != f"file://{home.state}":
        message = (
            f"{OFFLINE_ENV} is set, but the backend is {backend or 'not set'}; offline resources "
            f"go to {home.state} only: run '. ./activate' again, or unset {OFFLINE_ENV}"
        )
        raise EngineError(message)
    if not home.offline and backend.startswith(f"file://{home.root / 'offline'}"):
        message = (
            f"the backend {backend} holds offline resources; set {OFFLINE_ENV}=1, or run "
            "'. ./activate' again to come back to the real ones"
        )
        raise EngineError(message)
