"""What Prometheus is told: requests by endpoint, and how many accounts and MaskNets there are; names nobody."""

import os
from collections.abc import Iterator
from typing import Final, final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from masquerade.service.accounts.overview import Overview

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the counts of several workers meet."""
TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
PAGE: Final = "page"


def usual(method: str) -> str:
    """A method, or ``other``: a client may name anything."""
    return method if method in ("GET", "POST", "PUT", "DELETE", "HEAD") else "other"


@final
class Metrics:
    """Counts the requests of this process, and shows those of all workers."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        self._requests = Counter(
            "masquerade_requests", "Requests.", ["method", "path", "status"], registry=self._own
        )
        self._seconds = Histogram(
            "masquerade_request_seconds", "Until answered.", ["path"], registry=self._own
        )

    def count(self, method: str, path: str | None, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            method: Its method; any but the usual ones count as one.
            path: Of the endpoint, with names of its parameters; None for the page and what is not there.
            status: Of the answer.
            seconds: Until it was sent.
        """
        self._requests.labels(usual(method), path or PAGE, str(status)).inc()
        self._seconds.labels(path or PAGE).observe(seconds)

    def text(self, overview: Overview) -> bytes:
        """All of it, in Prometheus's text format."""
        shown = CollectorRegistry()
        shown.register(_Counts(overview))
        if FOLDER in os.environ:
            MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
            return generate_latest(shown)
        return generate_latest(self._own) + generate_latest(shown)


@final
class _Counts(Collector):
    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, counts in (("accounts", self._overview.accounts), ("masknets", self._overview.masknets)):
            family = GaugeMetricFamily(f"masquerade_{name}", f"{name} by state.", labels=["state"])
            for state, count in counts.items():
                family.add_metric([state], count)
            yield family
        yield GaugeMetricFamily("masquerade_audit_entries", "Entries.", value=self._overview.entries)
