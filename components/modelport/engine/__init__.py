"""Engine: the real Pulumi engine on this machine, also where nothing can be downloaded."""

from modelport.engine.environment import PASSPHRASE, engine_environment, prepare_home
from modelport.engine.found import Engine, find_engine
from modelport.engine.install import install_engine, place_engine
from modelport.engine.plugin import install_plugin
from modelport.engine.progress import Progress

__all__ = [
    "PASSPHRASE",
    "Engine",
    "Progress",
    "engine_environment",
    "find_engine",
    "install_engine",
    "install_plugin",
    "place_engine",
    "prepare_home",
]
