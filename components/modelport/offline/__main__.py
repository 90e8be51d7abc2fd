"""The plugin program of an offline provider: `python -m modelport.offline PACKAGE [engine]`."""

import sys
from typing import Any

from modelport.engine.guard import refuse_mixture
from modelport.home import find_home
from modelport.offline.backing import OfflineBacking
from modelport.provider.process import serve
from modelport.sdk_provider.servicer import SdkProvider


class OfflineProvider(SdkProvider):
    """Serves a package without anything behind it, for an offline backend only."""

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        self.run(context, lambda: refuse_mixture(find_home()))
        return super().Configure(request, context)


def main(arguments: list[str]) -> None:
    """Serve one package until the engine ends this process."""
    package, *rest = arguments
    log = find_home().work / "provider-error.log"
    backing = OfflineBacking(package)
    serve(rest, lambda engine: OfflineProvider(package, backing, lambda: log, engine))


if __name__ == "__main__":
    main(sys.argv[1:])
