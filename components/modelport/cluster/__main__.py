"""The plugin program of Kubernetes without the official plugin; started by the engine."""

import sys

from modelport.cluster.backing import KubernetesBacking
from modelport.cluster.plugin import PACKAGE
from modelport.home import find_home
from modelport.provider.process import serve
from modelport.sdk_provider.servicer import SdkProvider

if __name__ == "__main__":
    log = find_home().work / "provider-error.log"
    backing = KubernetesBacking()
    serve(sys.argv[1:], lambda engine: SdkProvider(PACKAGE, backing, lambda: log, engine))
