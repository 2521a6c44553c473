"""One process that serves."""

import os
from collections.abc import Callable
from socket import socket
from typing import Final

import torch
import uvicorn
from starlette.types import ASGIApp

from masquerade.keys import Key
from masquerade.service.provider import Provider
from masquerade.service.settings import ServiceSettings
from masquerade.service.web.app import create
from masquerade.service.web.listening import ListeningAddress
from masquerade.service.web.logs import configure
from masquerade.service.web.rates import Rates
from masquerade.service.web.server import Server
from masquerade.service.web.stock_refill import StockRefill
from masquerade.service.web.timeouts import TimeoutProtocol

GRACE: Final = 10
"""Seconds in which requests under way are finished."""


def work(
    settings: ServiceSettings, listening: ListeningAddress, address: socket, begun: Callable[[], object]
) -> bool:
    """Serve until a signal says to stop.

    Args:
        settings: Of the provider.
        listening: How it listens.
        address: Bound to where; closed at the end.
        begun: Called once it answers.

    Returns:
        Whether it could begin.
    """
    configure(listening.log_level, as_json=listening.log_json)
    torch.set_num_threads(1)
    key = Key.load(settings.key, os.environ.get("MASQUERADE_PASSPHRASE"))
    provider, rates = Provider(settings, key), Rates(listening.rates or settings.rates)
    provider.source  # noqa: B018  (opened now, or not at all)
    app = create(provider, rates, StockRefill(provider, rates))
    server = Server(_config(listening, app), begun, provider.database.hurry)
    server.run([address])
    return server.started


def _config(listening: ListeningAddress, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ssl_certfile=listening.tls_cert,
        ssl_keyfile=listening.tls_key,
        proxy_headers=listening.behind_proxy,
        forwarded_allow_ips="127.0.0.1" if listening.behind_proxy else "",
        http=TimeoutProtocol,
        ws="none",
        loop="asyncio",
        h11_max_incomplete_event_size=16 * 1024,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        access_log=False,  # has addresses of people; see logs
        server_header=False,
        log_config=None,
    )
