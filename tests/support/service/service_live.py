"""A service that listens, in a thread of the tests'."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from masquerade.service.provider import Provider
from masquerade.service.web.app import create
from masquerade.service.web.rates import Rates
from masquerade.service.web.server import Server
from masquerade.service.web.stock_refill import StockRefill
from masquerade.service.web.timeouts import TimeoutProtocol

FREE = dict.fromkeys(("address", "account", "join"), (10**6, 1))


@contextmanager
def listening(psp: Provider, folder: Path, **more: object) -> Iterator[int]:
    """The port; at the end it is told to stop, as a signal would."""
    rates = Rates(folder / "rates.db", FREE)
    app = create(psp, rates, StockRefill(psp, rates))
    config = uvicorn.Config(
        app,
        port=0,
        http=TimeoutProtocol,
        ws="none",
        log_config=None,
        h11_max_incomplete_event_size=16 * 1024,
        **more,  # type: ignore[arg-type]
    )
    server = Server(config, lambda: None, psp.database.hurry)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
