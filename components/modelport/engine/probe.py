"""Probe: whether an address answers within seconds, without holding up anything else."""

import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 5.0
"""How long an address may take to answer before it counts as not reachable."""


class Probe:
    """Asks an address in the background; `problem` waits for the answer."""

    def __init__(self, url: str) -> None:
        self._url = _without_login(url)
        self._problem: str | None = f"no answer in {SECONDS:.0f} s"
        # A thread of our own: name resolution knows no time limit, and a pool would wait for it.
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def problem(self) -> str | None:
        """Why the address does not answer, or none when it does."""
        self._thread.join(SECONDS)
        return self._problem

    def _ask(self) -> None:
        try:
            with urllib.request.urlopen(self._url, timeout=SECONDS):  # noqa: S310 - the user's own
                self._problem = None
        except urllib.error.HTTPError:
            self._problem = None  # whoever refuses is there
        except (OSError, ValueError) as error:
            cause = getattr(error, "reason", error)
            # Certificates are for the program that downloads to judge, by its own settings.
            self._problem = None if isinstance(cause, ssl.SSLError) else _sentence(cause)


def _without_login(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _sentence(cause: object) -> str:
    if isinstance(cause, TimeoutError):
        return f"no answer in {SECONDS:.0f} s"
    text = getattr(cause, "strerror", None) or str(cause)
    return text[:1].lower() + text[1:]
