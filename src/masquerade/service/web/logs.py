"""What the service writes of its work on stderr: a line for each request and for what goes wrong, nothing secret.

A request is told by its method, its endpoint, status, duration and an id that its answer carries too
(``X-Request-Id``): no address of a person, no path, no query, no header, no body.
"""

import json
import logging
import logging.config
import time
from typing import Final, final

from masquerade.data.printable import one_line
from masquerade.service.web.probes import PROBES

SLOW: Final = 2.0
"""Seconds from which a request, or a commit, is worth a warning."""
REFUSED: Final = "masquerade.refused"
"""In the scope of a request that was refused: the error's code."""
ID: Final = "masquerade.id"
"""In the scope of each request: its id."""
_REQUESTS: Final = logging.getLogger("masquerade.requests")


def configure(level: str, *, as_json: bool) -> None:
    """Send what this process has to say to stderr.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        as_json: An object on each line, instead of words.
    """
    logger = {"level": level.upper(), "handlers": ["stderr"], "propagate": False}
    uvicorn = {**logger, "level": "WARNING" if level == "info" else level.upper()}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": JsonLines if as_json else Lines}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "loggers": {"masquerade": logger, "uvicorn": uvicorn},
        }
    )


def log_request(
    method: str, route: str, status: int, seconds: float, request_id: str, refused: str | None
) -> None:
    """One line for one request; probes that are answered well are for debugging alone."""
    level = logging.INFO
    if status >= 500 or seconds >= SLOW:
        level = logging.WARNING
    elif route in PROBES:
        level = logging.DEBUG
    fields = {
        "method": method,
        "route": route,
        "status": status,
        "ms": round(1000 * seconds),
        "id": request_id,
    }
    if refused:
        fields["refused"] = refused
    _REQUESTS.log(level, "request", extra={"fields": fields})


@final
class Lines(logging.Formatter):
    """Words: time, level, what happened, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback follows on its own."""
        fields = (f"{name}={value}" for name, value in _fields(record).items())
        line = " ".join((_time(record), record.levelname, one_line(record.getMessage()), *fields))
        return line + (f"\n{self.formatException(record.exc_info)}" if record.exc_info else "")


@final
class JsonLines(logging.Formatter):
    """The same as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever it is of."""
        told = {
            "time": _time(record),
            "level": record.levelname,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    found = getattr(record, "fields", {})
    return found if isinstance(found, dict) else {}


def _time(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{record.msecs:03.0f}Z"
