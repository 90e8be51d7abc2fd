"""The plugin program: `pulumi-resource-modelport [engine address]`, started by the engine."""

import sys
from typing import Any

from modelport.home import find_home
from modelport.provider.handler import Handler
from modelport.provider.handlers import HANDLERS, handler_of
from modelport.provider.offline import OfflineHandler
from modelport.provider.process import serve
from modelport.provider.servicer import ModelportProvider


def _offline(token: str) -> Handler[Any]:
    return OfflineHandler(handler_of(token))


if __name__ == "__main__":
    make = _offline if find_home().offline else handler_of
    serve(sys.argv[1:], lambda engine: ModelportProvider(HANDLERS, make, engine))
