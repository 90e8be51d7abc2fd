"""The plugin program of Kubernetes without the official plugin; started by the engine."""

import sys

from modelport.cluster.backing import KubernetesBacking
from modelport.home import find_home
from modelport.provider.process import serve
from modelport.sdk_provider.servicer import SdkProvider

PACKAGE = "kubernetes"


def main(arguments: list[str]) -> None:
    """Serve until the engine ends this process."""
    log = find_home().work / "provider-error.log"
    backing = KubernetesBacking()
    serve(arguments, lambda engine: SdkProvider(PACKAGE, backing, lambda: log, engine))


if __name__ == "__main__":
    main(sys.argv[1:])
