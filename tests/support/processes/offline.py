"""Refuses what would reach another machine, and says who asked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LOOKED_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
"""Audit events of Python by which the address of another machine is asked for."""
REACHED = ("socket.connect", "socket.sendto", "socket.sendmsg")
"""Audit events by which it is reached; their last argument is its address."""

_watching = False
_hooked = False


class ReachedOut(BaseException):
    """Somebody tried to reach another machine; nothing that catches errors catches this."""


@contextmanager
def offline() -> Iterator[None]:
    """Whatever reaches out within raises ``ReachedOut``; sockets of this machine (``AF_UNIX``) are let through."""
    global _hooked, _watching
    if not _hooked:
        sys.addaudithook(_refuse)  # for good: an audit hook cannot be taken away
        _hooked = True
    _watching = True
    try:
        yield
    finally:
        _watching = False


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and (event in LOOKED_UP or (event in REACHED and not _on_this_machine(arguments[-1]))):
        raise ReachedOut(event, arguments)


def _on_this_machine(address: object) -> bool:
    return address is None or isinstance(
        address, str | bytes
    )  # a path, or a socket that is connected already
