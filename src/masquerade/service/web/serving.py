"""The address, what makes it private, and the workers on it."""

import os
import resource
import tempfile
from functools import partial
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket

from masquerade.errors import OutOfOrder, UsageError
from masquerade.service.reach import loopback
from masquerade.service.settings import Settings
from masquerade.service.web.listening import CONNECTIONS, Listening
from masquerade.service.web.metrics import FOLDER
from masquerade.service.web.workers import Workers, ended_by_signals


def require_private(listening: Listening) -> None:
    """Pass if nobody on the way can read tokens and MaskNets.

    Raises:
        UsageError: If the service would listen beyond this machine without TLS.
    """
    if (listening.tls_cert is None) != (listening.tls_key is None):
        raise UsageError("TLS needs both files", place="--tls-cert, --tls-key", remedy="Give both.")
    if loopback(listening.host) or listening.tls_cert or listening.behind_proxy:
        return
    raise UsageError(
        "would listen beyond this machine without TLS",
        value=listening.host,
        place="--host",
        remedy="Give --tls-cert and --tls-key, or --behind-proxy if a proxy does TLS.",
    )


def serve(settings: Settings, listening: Listening) -> None:
    """Serve until told to stop; requests under way are finished.

    Raises:
        UsageError: If it would listen in the open, or where somebody else does.
        OutOfOrder: If a worker cannot begin.
    """
    require_private(listening)
    _allow_connections()
    address, work = _address(listening), partial(_work, settings, listening)
    if listening.workers == 1:
        with ended_by_signals():
            if not work(address):
                raise OutOfOrder("the service cannot begin", code="worker", remedy="See above.")
        return
    with tempfile.TemporaryDirectory(prefix="masquerade-metrics-") as folder:
        os.environ[FOLDER] = folder
        Workers(work, listening.workers).run(address)


def _work(settings: Settings, listening: Listening, address: socket) -> bool:
    from masquerade.service.web.worker import work  # what begins workers needs no networks

    return work(settings, listening, address)


def _allow_connections() -> None:
    """As many open files as the system lets us have; often 1024 unless one asks."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(least, min(most, 4 * CONNECTIONS)), most))


def _address(listening: Listening) -> socket:
    """Bound, so that all workers can listen there.

    Raises:
        UsageError: If somebody else does.
    """
    address = socket(AF_INET6 if ":" in listening.host else AF_INET)
    address.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        address.bind((listening.host, listening.port))
    except OSError as error:
        address.close()
        where = f"{listening.host}:{listening.port}"
        raise UsageError("cannot listen", value=error.strerror, place=where, remedy="Give --port.") from None
    return address
