"""One worker after another: the address, what makes it private, and the workers on it."""

import ipaddress
import os
import resource
import tempfile
from pathlib import Path
from typing import Final, final

import torch
import uvicorn
from pydantic import BaseModel, ConfigDict
from starlette.types import ASGIApp

from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.service.provider import Provider
from masquerade.service.settings import Settings
from masquerade.service.web.app import create
from masquerade.service.web.metrics import FOLDER
from masquerade.service.web.rates import Rates
from masquerade.service.web.upkeep import Upkeep

VARIABLE: Final = "MASQUERADE_SERVICE"
GRACE: Final = 10
"""Seconds in which requests under way are finished."""
CONNECTIONS: Final = 4096
"""Of one worker; who comes later is told to wait."""
STARTING: Final = 60
"""Seconds that a worker may be silent; on a busy machine it takes longer than uvicorn's five to begin."""


@final
class Listening(BaseModel):
    """Where the service listens.

    Args:
        host: Address.
        port: Port.
        workers: Processes.
        tls_cert: Certificate, PEM.
        tls_key: Its key, PEM.
        behind_proxy: Whether a proxy of the same machine does TLS.
        rates: File of the counts that workers share.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = 8443
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    rates: Path = Path(tempfile.gettempdir()) / f"masquerade-rates-{os.getuid()}.db"


@final
class _Worker(BaseModel):
    model_config = ConfigDict(frozen=True)

    settings: Settings
    rates: Path


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


def loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(settings: Settings, listening: Listening) -> None:
    """Serve until told to stop; requests under way are finished.

    Raises:
        UsageError: If it would listen in the open.
    """
    require_private(listening)
    os.environ[VARIABLE] = _Worker(settings=settings, rates=listening.rates).model_dump_json()
    _allow_connections()
    if listening.workers == 1:
        _run(listening)
        return
    with tempfile.TemporaryDirectory(prefix="masquerade-metrics-") as folder:
        os.environ[FOLDER] = folder
        _run(listening)


def _allow_connections() -> None:
    """As many open files as the system lets us have; often 1024 unless one asks."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(least, min(most, 4 * CONNECTIONS)), most))


def _run(listening: Listening) -> None:
    uvicorn.run(
        "masquerade.service.web.serving:worker",
        factory=True,
        host=listening.host,
        port=listening.port,
        workers=listening.workers,
        ssl_certfile=listening.tls_cert,
        ssl_keyfile=listening.tls_key,
        proxy_headers=listening.behind_proxy,
        forwarded_allow_ips="127.0.0.1" if listening.behind_proxy else "",
        http="masquerade.service.web.patience:Patient",
        ws="none",
        h11_max_incomplete_event_size=16 * 1024,
        timeout_keep_alive=30,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
        timeout_worker_healthcheck=STARTING,
        access_log=False,  # addresses of people
        server_header=False,
        log_level="warning",
    )


def worker() -> ASGIApp:
    """What one process serves; its settings come from the process that started it."""
    torch.set_num_threads(1)
    told = _Worker.model_validate_json(os.environ[VARIABLE])
    key = Key.load(told.settings.key, os.environ.get("MASQUERADE_PASSPHRASE"))
    provider, rates = Provider(told.settings, key), Rates(told.rates)
    provider.source  # noqa: B018  (opened now, or not at all)
    return create(provider, rates, Upkeep(provider, rates))
