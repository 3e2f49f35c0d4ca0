"""What turns to the network, a browser or a shell, as Python itself tells of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

EVENTS = frozenset({
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
    "urllib.Request", "http.client.connect", "webbrowser.open", "os.system", "smtplib.connect", "ftplib.connect",
})
_LISTENING: list[list[str]] = []


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if _LISTENING and event in EVENTS:
        _LISTENING[-1].append(f"{event} {arguments!r}")


sys.addaudithook(_heard)


@contextmanager
def listening() -> Iterator[list[str]]:
    """What turns outward meanwhile, in any thread."""
    _LISTENING.append([])
    try:
        yield _LISTENING[-1]
    finally:
        _LISTENING.pop()
