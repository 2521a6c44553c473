"""What the tests of the service do in processes of their own."""

import multiprocessing
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.queues import Queue
from pathlib import Path

from sqlalchemy import Engine

from masquerade.errors import MasqueradeError
from masquerade.service.backups.backup import restore
from masquerade.service.masknets.issue import IssueRequest
from masquerade.service.provider import Provider
from masquerade.service.settings import ServiceSettings
from masquerade.service.storage.connection import Database
from masquerade.service.storage.migrating import migrate
from service_examples import KEY, provider
from service_faults import at_point, die


@cache
def processes() -> ForkServerContext:
    """Starts processes in milliseconds: they are forked from one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["service_preload"])
    forkserver.ensure_running()
    return context


def race(address: str, account: str, number: int, results: "Queue[bool]") -> None:
    """Try to be the one who gets a MaskNet for an account."""
    made = provider(address)
    try:
        made.issue(account, f"wish-of-{number}")
        results.put(True)
    except MasqueradeError:
        results.put(False)
    made.close()


def visit(psp: Provider, code: str) -> tuple[dict[str, str], bytes, bytes]:
    """What a person does: join, ask for a MaskNet, fetch it; with the same keys each time."""
    joined = psp.join(code, "key-of-joining-that-nobody-guesses")
    return joined, psp.issue(joined["account"], "key-of-wish"), psp.masknet(joined["account"])


def dying_visit(address: str, code: str, point: int) -> None:
    """A visit to a provider that is killed on the way, if the way is that long."""
    made = provider(address)
    at_point(made.database.engine, point, die)
    visit(made, code)
    made.close()


def dying_wishes(address: str, accounts: list[str], point: int) -> None:
    """Wishes granted together by a provider that is killed on the way, if the way is that long."""
    made = provider(address)
    at_point(made.database.engine, point, die)
    with made.database.writing() as connection:
        made.log.hold(connection)
        made.issuer.issue(connection, [IssueRequest(account, "wish-0001") for account in accounts])
    made.close()


def dying_migration(address: str, point: int) -> None:
    """A migration that is killed on the way, if the way is that long."""
    database = Database(address)
    at_point(database.engine, point, die)
    migrate(database)


def dying_restore(told: str, copy: str, point: int) -> None:
    """A restore that is killed on the way, if the way is that long."""
    at_point(Engine, point, die)
    restore(ServiceSettings.model_validate_json(told), KEY, Path(copy))
