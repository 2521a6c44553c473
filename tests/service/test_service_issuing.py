"""A provider issues what it may, once, and can show it: on SQLite and on PostgreSQL."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from masquerade.errors import (
    BadRequest,
    ForeignMaskNet,
    NotKnown,
    OutOfOrder,
    QuotaReached,
    WrongKey,
)
from masquerade.keys import Key
from masquerade.masknets import read_masknet
from masquerade.service.masknets.statement import checked, require_bytes
from masquerade.service.provider import Provider
from masquerade.service.settings import ServiceSettings
from service_examples import KEY, provider
from service_processes import processes, race

pytest_plugins = ["service_fixtures"]
RACERS = 16


def member(psp: Provider) -> str:
    return psp.join(psp.invite())["account"]


def test_a_person_joins_and_gets_a_signed_masknet(psp: Provider, tmp_path: Path) -> None:
    joined = psp.join(psp.invite())
    who = psp.caller(joined["token"])
    assert who is not None
    assert (who.role, who.account) == ("person", joined["account"])
    answer, content = psp.issue(who.account, "first-wish"), psp.masknet(who.account)
    public = bytes.fromhex(joined["public_key"])
    statement = checked(json.loads(answer), public, who.account)
    require_bytes(statement, content)
    assert content == psp.masknet(who.account)
    path = tmp_path / "me.masknet"
    path.touch(mode=0o600)
    path.write_bytes(content)
    assert read_masknet(path).card.source_digest == statement.source_digest
    with pytest.raises(ForeignMaskNet, match="another account"):
        checked(json.loads(answer), public, "0" * 32)
    with pytest.raises(ForeignMaskNet, match="did not sign"):
        checked(json.loads(answer), bytes(32), who.account)
    with pytest.raises(ForeignMaskNet, match="bytes"):
        require_bytes(statement, content[:-1] + b"x")


def test_a_code_is_good_once(psp: Provider) -> None:
    code = psp.invite()
    psp.join(code)
    for wrong in (code, "0" * 12):
        with pytest.raises(NotKnown):
            psp.join(wrong)


def test_the_same_wish_gets_the_same_answer_also_after_a_restart(psp: Provider, address: str) -> None:
    account = member(psp)
    first = psp.issue(account, "wish-0001")
    psp.close()
    again = provider(address)
    assert again.issue(account, "wish-0001") == first
    with pytest.raises(BadRequest):
        again.issue(account, "wish-0001", replace=True)
    assert again.accounts()[0]["issued"] == 1
    again.close()


def test_one_masknet_one_replacement(psp: Provider) -> None:
    account = member(psp)
    psp.issue(account, "wish-0001")
    with pytest.raises(QuotaReached, match="has a MaskNet"):
        psp.issue(account, "wish-0002")
    psp.issue(account, "wish-0003", replace=True)
    with pytest.raises(QuotaReached, match="not long ago"):
        psp.issue(account, "wish-0004", replace=True)


def test_three_in_a_lifetime(address: str) -> None:
    psp = provider(address, replacement_days=0, min_distance=0)
    account = member(psp)
    for number in range(3):
        psp.issue(account, f"wish-{number}", replace=True)
    with pytest.raises(QuotaReached, match="no MaskNet is left"):
        psp.issue(account, "wish-last", replace=True)
    psp.close()


def test_sixteen_processes_race_for_one_quota(psp: Provider, address: str) -> None:
    account = member(psp)
    psp.stock.add()
    psp.stock.add()
    results = processes().Queue()
    racers = [processes().Process(target=race, args=(address, account, n, results)) for n in range(RACERS)]
    for racer in racers:
        racer.start()
    won = [results.get(timeout=120) for _ in racers]
    for racer in racers:
        racer.join()
    assert sum(won) == 1
    assert psp.accounts()[0]["issued"] == 1
    assert psp.stock.size() == 1
    with psp.database.writing() as connection:
        assert psp.log.verify(connection) == 3


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET detail = 'x' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 3",
        "UPDATE audit SET seq = CASE seq WHEN 1 THEN -2 ELSE -1 END WHERE seq < 3; "
        "UPDATE audit SET seq = -seq WHERE seq < 0",
    ],
)
def test_the_audit_finds_edits_deletions_and_swaps(psp: Provider, tampering: str) -> None:
    for _ in range(3):
        psp.invite()
    with psp.database.writing() as connection:
        assert psp.log.verify(connection) == 3
        for words in tampering.split("; "):
            connection.execute(text(words))
    with psp.database.writing() as connection, pytest.raises(WrongKey):
        psp.log.verify(connection)


def test_a_full_disk_issues_nothing(tmp_path: Path) -> None:
    psp = provider(f"sqlite:///{tmp_path}/psp.db")
    account = member(psp)
    psp.stock.add()
    with psp.database.writing() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
        )
    with pytest.raises(OutOfOrder):
        psp.issue(account, "wish-0001")
    assert (psp.accounts()[0]["issued"], psp.stock.size()) == (0, 1)
    psp.close()


@pytest.mark.parametrize("closing", ["forget", "revoke"])
def test_secrets_that_were_deleted_are_in_no_file(tmp_path: Path, closing: str) -> None:
    psp = provider(f"sqlite:///{tmp_path}/psp.db")
    account = member(psp)
    psp.issue(account, "wish-0001")
    with psp.database.reading() as connection:
        sealed = bytes(connection.execute(text("SELECT sealed FROM masknets")).scalar_one())
        file = bytes(connection.execute(text("SELECT sealed FROM masknet_files")).scalar_one())

    def held(needle: bytes) -> bool:
        return any(needle in path.read_bytes() for path in tmp_path.glob("psp.db*"))

    assert held(sealed[:16])
    assert held(file[:16])
    with psp.database.reading() as connection:  # somebody makes a backup just now
        connection.execute(text("SELECT count(*) FROM masknets"))
        assert not getattr(psp, closing)(account)
        psp.scrub_again()
        assert held(sealed[:16])
    psp.scrub_again()
    assert not any(held(sealed[at : at + 8]) for at in range(len(sealed) - 8))
    assert not any(held(file[at : at + 16]) for at in range(0, len(file) - 16, len(file) // 50))
    assert held(account.encode()) == (closing == "revoke")
    with pytest.raises(NotKnown):
        psp.masknet(account)
    psp.close()


def test_another_key_does_not_open_the_database(psp: Provider, address: str) -> None:
    with pytest.raises(WrongKey):
        Provider(ServiceSettings(database=address), Key.from_secret(bytes(32)))
    assert KEY.fingerprint not in repr(psp)
