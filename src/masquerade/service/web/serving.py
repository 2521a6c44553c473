"""The address, what makes it private, and the workers on it."""

import os
import resource
import ssl
import stat
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, gethostname, socket
from typing import Final

from masquerade.errors import OutOfOrder, UsageError
from masquerade.service.settings import ServiceSettings
from masquerade.service.storage.reach import loopback
from masquerade.service.web.listening import CONNECTIONS, ListeningAddress
from masquerade.service.web.metrics import FOLDER
from masquerade.service.web.workers import Workers, ended_by_signals

EXPOSED: Final = 0o037
"""Of a TLS key's mode: readable by all, or writable by a group."""


def require_private(listening: ListeningAddress) -> None:
    """Pass if nobody on the way can read tokens and MaskNets.

    Raises:
        UsageError: If the service would listen beyond this machine without TLS, its files are none, or others can
            read the key.
    """
    if (listening.tls_cert is None) != (listening.tls_key is None):
        raise UsageError("TLS needs both files", place="--tls-cert, --tls-key", remedy="Give both.")
    if listening.tls_cert is not None and listening.tls_key is not None:
        _require_secret(listening.tls_key)
        _require_pair(listening.tls_cert, listening.tls_key)
    if loopback(listening.host) or listening.tls_cert or listening.plain_http:
        return
    proxy = " A proxy on this machine needs no --host." if listening.behind_proxy else ""
    raise UsageError(
        "would listen beyond this machine without TLS",
        value=listening.host,
        place="--host",
        remedy=f"Give --tls-cert and --tls-key, or leave --host to a proxy.{proxy} In a network that nobody else "
        "reads, say so: --plain-http-beyond-this-machine.",
    )


def _require_secret(key: Path) -> None:
    try:
        mode = stat.S_IMODE(key.stat().st_mode)
    except OSError as error:
        raise UsageError("cannot read the key", value=error.strerror, place=f"--tls-key {key}") from None
    if mode & EXPOSED:
        raise UsageError(
            "others can read the TLS key",
            value=f"mode {mode:04o}",
            place=key,
            remedy=f"Run `chmod 600 {key}`; 640, where its group is the service's alone.",
        )


def _require_pair(cert: Path, key: Path) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            "no certificate and its key",
            value=reason,
            place=f"--tls-cert {cert}, --tls-key {key}",
            remedy="Give PEM files; the key without a passphrase.",
        ) from None


def serve(
    settings: ServiceSettings, listening: ListeningAddress, begun: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until told to stop; requests under way are finished.

    Args:
        settings: Of the provider.
        listening: How it listens.
        begun: Told the service's address, once it answers there.

    Raises:
        UsageError: If it would listen in the open, or where somebody else does.
        OutOfOrder: If a worker cannot begin.
    """
    require_private(listening)
    _allow_connections()
    address, work = _address(listening), partial(_work, settings, listening)
    told = partial(begun, link(listening, address.getsockname()[1]))
    if listening.workers == 1:
        with ended_by_signals():
            if not work(address, told):
                raise OutOfOrder("the service cannot begin", code="worker", remedy="See above.")
        return
    with tempfile.TemporaryDirectory(prefix="masquerade-metrics-") as folder:
        os.environ[FOLDER] = folder
        Workers(work, listening.workers, told).run(address)


def link(listening: ListeningAddress, port: int) -> str:
    """Where a browser finds it; where it listens at all addresses, under the machine's name."""
    host = gethostname() if listening.host in ("0.0.0.0", "::") else listening.host  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if listening.tls_cert else 'http'}://{shown}:{port}/"


def _work(
    settings: ServiceSettings, listening: ListeningAddress, address: socket, begun: Callable[[], object]
) -> bool:
    from masquerade.service.web.worker import work  # what begins workers needs no networks

    return work(settings, listening, address, begun)


def _allow_connections() -> None:
    """As many open files as the system lets us have; often 1024 unless one asks."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(least, min(most, 4 * CONNECTIONS)), most))


def _address(listening: ListeningAddress) -> socket:
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
