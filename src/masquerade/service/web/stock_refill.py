"""What a worker does between requests: fill the stock, and delete what lapsed."""

import threading
import time
from typing import Final, final

from masquerade.errors import MasqueradeError
from masquerade.service.provider import Provider
from masquerade.service.web.rates import Rates

PAUSE: Final = 0.5
"""Seconds between two looks at the stock."""
AFTER_TROUBLE: Final = 10.0
SWEEP: Final = 3600.0
"""Seconds between two deletions of what lapsed."""


@final
class StockRefill:
    """A thread that keeps the stock full, one MaskNet at a time.

    Args:
        provider: Whose stock.
        rates: Whose counts lapse.
    """

    def __init__(self, provider: Provider, rates: Rates) -> None:
        self._provider, self._rates = provider, rates
        self._told = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once the MaskNet at hand is drawn."""
        self._told.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        swept = -SWEEP
        while not self._told.wait(PAUSE):
            try:
                if time.monotonic() - swept >= SWEEP:
                    swept = time.monotonic()
                    self._provider.housekeeping()
                    self._rates.sweep()
                self._provider.scrub_again()
                self._fill()
            except MasqueradeError:
                self._told.wait(AFTER_TROUBLE)

    def _fill(self) -> None:
        while not self._told.is_set() and self._provider.stock.size() < self._provider.policy.stock:
            self._provider.stock.add()
