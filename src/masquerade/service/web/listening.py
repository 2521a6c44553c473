"""Where a provider listens."""

from pathlib import Path
from typing import Final, Literal, final

from pydantic import BaseModel, ConfigDict

CONNECTIONS: Final = 4096
"""Of one worker; who comes later is told to wait."""


@final
class ListeningAddress(BaseModel):
    """Where the service listens.

    Args:
        host: Address.
        port: Port.
        workers: Processes.
        tls_cert: Certificate, PEM.
        tls_key: Its key, PEM.
        behind_proxy: Whether a proxy of the same machine does TLS, and is believed who asks.
        plain_http: Whether others may reach it without TLS: only in a network that nobody else reads.
        log_level: From which level on it writes what it does.
        log_json: As JSON, instead of words.
        rates: File of the counts that workers share; beside the operator's key, if None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = 8443
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    plain_http: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False
    rates: Path | None = None
