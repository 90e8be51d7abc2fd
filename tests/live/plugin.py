"""The provider plugin as the engine starts it, where the simulated platform is known."""

import runpy

import modelport.platforms
from live.simulated import PLATFORMS

if __name__ == "__main__":
    modelport.platforms.__path__.append(str(PLATFORMS))
    runpy.run_module("modelport.provider", run_name="__main__", alter_sys=True)
