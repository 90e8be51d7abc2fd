"""The plugin program of Kubernetes without the official plugin; started by the engine.

`python -m modelport.cluster install` puts it where the engine of this project looks.
"""

import sys

from modelport.cluster.backing import KubernetesBacking
from modelport.cluster.plugin import PACKAGE, install_stand_in
from modelport.errors import ModelportError
from modelport.home import find_home
from modelport.provider.process import serve
from modelport.sdk_provider.servicer import SdkProvider


def main(arguments: list[str]) -> None:
    """Serve until the engine ends this process, or install."""
    if arguments == ["install"]:
        _install()
        return
    log = find_home().work / "provider-error.log"
    backing = KubernetesBacking()
    serve(arguments, lambda engine: SdkProvider(PACKAGE, backing, lambda: log, engine))


def _install() -> None:
    try:
        program = install_stand_in(find_home())
    except ModelportError as error:
        sys.exit(f"error: {error}")
    done = f"installed {program}" if program else "the official plugin is installed and stays"
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
