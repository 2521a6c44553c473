"""What was issued is fetched as it was signed, on whatever machine the provider goes on."""

import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import delete, select, text

from masquerade.errors import CorruptKey, OutOfOrder
from masquerade.service.masknets import stock
from masquerade.service.masknets.statement import checked, require_bytes
from masquerade.service.provider import Provider
from masquerade.service.storage.tables import MaskNetRow, StoredFile
from service_examples import provider

pytest_plugins = ["service_fixtures"]
ELSEWHERE = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"}
"""What makes this processor add in the order of an older one."""
ISSUES = """
import sys
from service_examples import provider
psp = provider(sys.argv[1])
account = psp.join(psp.invite())["account"]
print(account, psp.issue(account, "wish-0001").decode())
psp.close()
"""


def member(psp: Provider) -> str:
    account = psp.join(psp.invite())["account"]
    psp.issue(account, "wish-0001")
    return account


def draw_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another processor: the last bits of what is drawn differ."""
    drawn = stock.rebuilt

    def rounded(*told: object) -> bytes:
        content = drawn(*told)  # type: ignore[arg-type]
        return content[:-1] + bytes([content[-1] ^ 1])

    monkeypatch.setattr(stock, "rebuilt", rounded)


def files(psp: Provider) -> int:
    with psp.database.reading() as connection:
        return len(connection.execute(select(StoredFile.masknet)).all())


def lose_files(psp: Provider) -> None:
    """As a database is that comes from before files were kept."""
    with psp.database.writing() as connection:
        connection.execute(delete(StoredFile))


def test_a_provider_that_draws_other_bits_hands_out_what_was_signed(
    psp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = member(psp)
    statement, first = psp.issue(account, "wish-0001"), psp.masknet(account)
    draw_otherwise(monkeypatch)
    assert psp.masknet(account) == first
    require_bytes(checked(json.loads(statement), psp.signer.public, account), first)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)  # it is the processor's matter
def test_issued_on_an_older_processor_fetched_on_this_one(address: str) -> None:
    environment = {**os.environ, **ELSEWHERE}
    done = subprocess.run(
        [sys.executable, "-c", ISSUES, address], env=environment, capture_output=True, check=True, text=True
    )
    account, told = done.stdout.split(" ", 1)
    psp = provider(address)
    statement = checked(json.loads(told), psp.signer.public, account)
    require_bytes(statement, psp.masknet(account))
    psp.close()


def test_files_that_were_not_kept_are_kept_from_now_on(psp: Provider) -> None:
    account = member(psp)
    psp.stock.add()
    first = psp.masknet(account)
    lose_files(psp)
    assert psp.masknet(account) == first
    assert psp.stock.complete() == ()
    assert files(psp) == 2
    assert psp.masknet(account) == first


def test_what_cannot_be_drawn_again_is_named_and_not_handed_out(
    psp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = member(psp)
    psp.stock.add()
    lose_files(psp)
    draw_otherwise(monkeypatch)
    with psp.database.reading() as connection:
        issued = connection.execute(select(MaskNetRow.id).where(MaskNetRow.account == account)).scalar_one()
    assert psp.stock.complete() == (issued,)
    assert psp.stock.size() == 0
    with pytest.raises(OutOfOrder, match=issued):
        psp.masknet(account)


def test_a_file_that_was_exchanged_is_not_handed_out(psp: Provider) -> None:
    first, second = member(psp), member(psp)
    swap = "UPDATE masknet_files SET sealed = (SELECT sealed FROM masknet_files WHERE masknet = :other)"
    with psp.database.writing() as connection:
        names = connection.execute(select(StoredFile.masknet)).scalars().all()
        told = {"one": names[0], "other": names[1]}
        connection.execute(text(f"{swap} WHERE masknet = :one"), told)
    with pytest.raises(CorruptKey, match="does not open"):
        _ = [psp.masknet(account) for account in (first, second)]


def test_forgetting_deletes_the_file(psp: Provider) -> None:
    account = member(psp)
    assert files(psp) == 1
    psp.forget(account)
    assert files(psp) == 0
