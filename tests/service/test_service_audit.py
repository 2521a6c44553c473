"""Whoever writes to the database alone hides nothing from the audit, and gets no quota back: on both databases."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from masquerade.cli.app import run
from masquerade.errors import QuotaReached, UsageError, WrongKey
from masquerade.service.accounts.credentials import new_invitation
from masquerade.service.accounts.invitation_code import InvitationCode
from masquerade.service.accounts.key_pin import pin
from masquerade.service.backups.opening import accepted
from masquerade.service.provider import Provider
from masquerade.service.settings import Policy, ServiceSettings
from masquerade.service.web import serving
from service_examples import KEY
from service_kept import Kept

pytest_plugins = ["service_fixtures"]


@pytest.fixture
def told(address: str, tmp_path: Path) -> ServiceSettings:
    policy = Policy(stock=0, min_distance=0, replacement_days=0, lifetime=3)
    return ServiceSettings(database=address, mark=tmp_path / "psp.mark", policy=policy)


@pytest.fixture
def served(told: ServiceSettings) -> Iterator[Provider]:
    psp = Provider(told, KEY)
    yield psp
    psp.close()


def write(psp: Provider, *statements: str) -> None:
    """What somebody does who may write to the database, and has neither key nor mark."""
    with psp.database.writing() as connection:
        for words in statements:
            connection.execute(text(words))


def member(psp: Provider, masknets: int = 1) -> str:
    account = psp.join(psp.invite())["account"]
    for number in range(masknets):
        psp.issue(account, f"wish-{number}", replace=True)
    return account


def test_the_end_of_the_log_is_not_cut_while_it_is_served(served: Provider) -> None:
    account = member(served, 2)
    write(
        served,
        "DELETE FROM audit WHERE seq = 4",
        "UPDATE heads SET seq = 3, digest = (SELECT digest FROM audit WHERE seq = 3) WHERE name = 'audit'",
        "UPDATE accounts SET issued = 1, replaced = NULL",
    )
    for wish in (lambda: served.issue(account, "wish-9", replace=True), served.invite):
        with pytest.raises(UsageError, match="put back to an earlier moment, or its audit log was cut"):
            wish()
    with pytest.raises(UsageError, match="was cut"):
        Provider(served.settings, KEY)


def test_a_database_that_was_put_back_and_renamed_is_refused(served: Provider, told: ServiceSettings) -> None:
    account = member(served, 1)
    served.scrub()
    served.close()
    kept = Kept(told.database)
    psp = Provider(told, KEY)
    psp.issue(account, "wish-2", replace=True)
    psp.close()
    kept.put_back()
    with pytest.raises(UsageError, match="put back to an earlier moment"):
        Provider(told, KEY)


def test_a_column_that_was_lowered_gives_no_masknet(served: Provider) -> None:
    account = member(served, 3)
    assert served.verify() == 5
    write(served, "UPDATE accounts SET issued = 0, replaced = NULL")
    with pytest.raises(QuotaReached, match="3 issued"):
        served.issue(account, "wish-9", replace=True)
    with pytest.raises(WrongKey, match=f"account {account} has another quota"):
        served.verify()


def test_one_replacement_in_its_time_whatever_a_column_says(told: ServiceSettings) -> None:
    policy = told.policy.model_copy(update={"replacement_days": 90})
    psp = Provider(told.model_copy(update={"policy": policy}), KEY)
    account = member(psp, 2)
    write(psp, "UPDATE accounts SET replaced = NULL")
    with pytest.raises(QuotaReached, match="not long ago"):
        psp.issue(account, "wish-9", replace=True)
    psp.close()


def test_an_audit_of_nothing_is_not_sound(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "psp.key"
    KEY.save(key)
    for command in (
        ["audit", "verify"],
        ["audit", "accept"],
        ["accounts"],
        ["invite"],
        ["backup", str(tmp_path / "c")],
    ):
        assert run(["psp", *command, "--key", str(key), "--database", address]) == 1, command
        assert "there is no such database" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["psp.key"]


DIGEST = "".join(f"{n:02x}" for n in range(32))
OTHERS = {
    "a token is good that": "INSERT INTO tokens (digest, role, account, expires) "
    "SELECT {digest}, 'person', id, 9999999999 FROM accounts",
    "operator": "UPDATE tokens SET role = 'operator', account = NULL",
    "is open again": "UPDATE invitations SET used = NULL, request = NULL, account = NULL",
    "by the log: never": "INSERT INTO accounts (id, state, created, issued) VALUES ('x', 'active', 1, 0)",
    "is active, by the log": "UPDATE accounts SET state = 'active'",
    "serves": "UPDATE masknets SET state = 'active' WHERE state = 'revoked'",
}


@pytest.mark.parametrize("found", OTHERS)
def test_what_was_written_beside_the_service_is_found(served: Provider, found: str) -> None:
    account = member(served)
    if found in ("is active, by the log", "serves"):
        served.revoke(account)
    assert served.verify()
    blob = f"X'{DIGEST}'" if served.database.embedded else f"'\\x{DIGEST}'::bytea"
    write(served, OTHERS[found].format(digest=blob))
    if found == "serves":
        write(served, "UPDATE masknets SET account = 'y'")
    with pytest.raises(WrongKey, match=found):
        served.verify()


def test_an_invitation_made_beside_the_service_is_found(served: Provider) -> None:
    with served.database.writing() as connection:
        secret = new_invitation(connection, KEY, 14)
    served.join(InvitationCode(secret, pin(secret, served.signer.public)).text)
    with pytest.raises(WrongKey, match="not made so"):
        served.verify()


def cut_to_nothing(mark: Path) -> None:
    mark.write_bytes(b"")


def exchange(mark: Path) -> None:
    mark.write_text(mark.read_text().replace(', "', ', "0', 1))


@pytest.mark.parametrize("damage", [cut_to_nothing, exchange, Path.unlink])
def test_without_its_mark_a_database_is_not_served(
    served: Provider, told: ServiceSettings, damage: Callable[[Path], None]
) -> None:
    member(served)
    assert told.mark is not None
    damage(told.mark)
    for use in (served.invite, lambda: Provider(told, KEY)):
        with pytest.raises(UsageError, match="audit accept"):
            use()
    told.mark.unlink(missing_ok=True)
    assert accepted(told, KEY) == 3
    served.invite()
    Provider(told, KEY).close()


def test_a_database_that_disagrees_with_its_log_is_not_accepted(
    served: Provider, told: ServiceSettings
) -> None:
    member(served)
    write(served, "UPDATE accounts SET issued = 0")
    assert told.mark is not None
    told.mark.unlink()
    with pytest.raises(WrongKey):
        accepted(told, KEY)
    assert not told.mark.exists()


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)  # files alone are copied so
def test_a_database_at_another_address_is_not_known(
    served: Provider, told: ServiceSettings, tmp_path: Path
) -> None:
    member(served)
    served.close()
    shutil.copy(tmp_path / "psp.db", tmp_path / "other.db")
    moved = told.model_copy(update={"database": f"sqlite:///{tmp_path}/other.db"})
    with pytest.raises(UsageError, match="nothing is known"):
        Provider(moved, KEY)
    (tmp_path / "beside").mkdir()
    other_spelling = told.model_copy(update={"database": f"sqlite:///{tmp_path}/beside/../psp.db"})
    Provider(other_spelling, KEY).close()


BAD = {
    "sqlite:///{tmp}/a?b.db": "names no file",
    "sqlite:///{tmp}/no/such/x.db": "no such folder",
    "sqlite:///{tmp}/text.db": "no database of SQLite",
    "sqlite:///{tmp}": "no database of SQLite",
    "sqlite://": "names no file",
    "postgresql://[::1": "no such kind of database",
    "postgresql://h:port/x": "no such kind of database",
    "mysql://h/x": "no such kind of database",
    "psp.db": "no such kind of database",
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("command", ["serve", "accounts", "restore"])
def test_a_misspelt_address_is_named(
    tmp_path: Path,
    bad: str,
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "serve", lambda *_: pytest.fail("it listens"))
    key, words = tmp_path / "psp.key", [command]
    if command == "restore":
        words.append(str(tmp_path / "copy"))
    KEY.save(key)
    (tmp_path / "text.db").write_text("my notes of the week\n")
    (tmp_path / "copy").write_text("copy")
    before = sorted(tmp_path.iterdir())
    code = run(["psp", *words, "--key", str(key), "--database", bad.format(tmp=tmp_path)])
    told = " ".join(capsys.readouterr().err.split())
    assert code == 1
    assert BAD[bad] in told or (command == "restore" and "exists already" in told)
    assert sorted(tmp_path.iterdir()) == before
