"""The plugin program: `pulumi-resource-modelport [engine address]`, started by the engine."""

import sys

from modelport.home import find_home
from modelport.provider.handlers import HANDLERS
from modelport.provider.offline import OfflineHandler
from modelport.provider.process import serve
from modelport.provider.servicer import ModelportProvider

if __name__ == "__main__":
    handlers = [handler() for handler in HANDLERS]
    if find_home().offline:
        handlers = [OfflineHandler(handler) for handler in handlers]
    serve(sys.argv[1:], lambda engine: ModelportProvider(handlers, engine))
