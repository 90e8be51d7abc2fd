"""Where tests keep what takes minutes to have: beside what the product caches."""

from pathlib import Path

from modelport.home import user_folder


def cache_folder() -> Path:
    """The folder; it is there."""
    folder = user_folder("XDG_CACHE_HOME", ".cache") / "modelport"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
