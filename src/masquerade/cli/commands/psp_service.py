"""``masquerade psp serve|operator``: the provider's service, and what its commands work on."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.answer_types import TokenAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note, open_key
from masquerade.errors import UsageError
from masquerade.extras import how_to_install

if TYPE_CHECKING:
    from masquerade.service.provider import Provider
    from masquerade.service.settings import ServiceSettings

Database = Annotated[str, typer.Option(help="Database: sqlite:///FILE or postgresql://…")]
KeyFile = Annotated[Path, typer.Option("--key", "-k", help="The operator's key file; `psp serve` makes it.")]
DATABASE, KEY, _HYPERNET = "sqlite:///psp.db", Path("psp.key"), "hypernet-1"


class LogLevel(StrEnum):
    """How much is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def serve(
    database: Database = DATABASE,
    key: KeyFile = KEY,
    hypernet: Annotated[str, typer.Option(help="Hypernetwork: a name or a file.")] = _HYPERNET,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, numbers.number(1, 65_535, "Port to listen on.")] = 8443,
    workers: Annotated[int, numbers.workers("Number of processes.")] = 1,
    stock: Annotated[int, numbers.number(0, 100_000, "MaskNets to draw in advance.")] = 64,
    open_registrations_per_day: Annotated[
        int,
        numbers.count(
            0,
            "Registrations per day allowed without an invitation (0 = invitation only). One person may register "
            "repeatedly.",
        ),
    ] = 0,
    tls_cert: Annotated[Path | None, typer.Option(help="TLS certificate (PEM).")] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="Private key of the certificate (PEM, mode 0600).")
    ] = None,
    behind_proxy: Annotated[bool, typer.Option(help="A proxy on this machine handles TLS.")] = False,
    plain_http: Annotated[
        bool,
        typer.Option(
            "--plain-http-beyond-this-machine",
            help="Serve other machines without TLS: whoever listens on the network gets every MaskNet.",
        ),
    ] = False,
    log_level: Annotated[LogLevel, typer.Option(help="Lowest level of log lines on stderr.")] = LogLevel.INFO,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log as JSON, one object a line.")] = False,
) -> None:
    """Serve MaskNets to people with an invitation (see `psp invite`)."""
    settings = settings_of(
        database,
        key,
        hypernet=hypernet,
        policy={"stock": stock, "open_joins_a_day": open_registrations_per_day},
    )
    from masquerade.service.masknets.collusion_figures import open_registration_warning
    from masquerade.service.web import serving
    from masquerade.service.web.listening import ListeningAddress

    listening = ListeningAddress(
        host=host,
        port=port,
        workers=workers,
        tls_cert=tls_cert,
        tls_key=tls_key,
        behind_proxy=behind_proxy,
        plain_http=plain_http,
        log_level=log_level.value,
        log_json=log_json,
    )
    serving.require_private(listening)  # before anything is made
    open_provider(database, key, make=True).close()
    for line in open_registration_warning(open_registrations_per_day) if open_registrations_per_day else ():
        note(line)
    serving.serve(settings, listening, partial(_began, key))


def _began(key: Path, link: str) -> None:
    note(f"{link} - invite people with `masquerade psp invite`; stop with Ctrl-C.")
    note(f"Keep {key} apart from backups of the database.")


def operator(database: Database = DATABASE, key: KeyFile = KEY, as_json: AsJson = False) -> None:
    """Print a token for the operator's endpoints; shown once."""
    provider = open_provider(database, key)
    token = provider.operator_token()
    answer(TokenAnswer(token=token), as_json, token)
    provider.close()


def open_provider(database: str, key: Path, *, make: bool = False) -> "Provider":
    """The provider that commands work on; its database is made by `serve` alone."""
    settings = settings_of(database, key)
    from masquerade.service.provider import Provider, operator_key

    if not make and not key.exists():
        raise UsageError(
            "there is no provider here yet",
            value=f"no {key.name}",
            place=key.absolute().parent,
            remedy="Start it first, with `masquerade psp serve`: it makes key and database; then run this beside it, "
            "in the same folder or with the same --key and --database. If there was one, bring its key back.",
        )
    opened = operator_key(key) if make and not key.exists() else open_key(key)
    return Provider(settings, opened, make=make)


def settings_of(database: str, key: Path, **more: object) -> "ServiceSettings":
    """What options say; what is remembered of the database lies beside the key.

    Raises:
        UsageError: If the service is not installed.
    """
    try:
        import masquerade.service.provider  # noqa: F401
        from masquerade.service.settings import ServiceSettings
    except ImportError as error:
        raise UsageError(
            "the service's requirements are missing",
            value=error.name,
            remedy=how_to_install("service"),
        ) from None
    path = key.absolute()
    fields = {"database": database, "key": path, "mark": path.with_name(f"{path.name}.mark"), **more}
    return ServiceSettings.model_validate(fields)
