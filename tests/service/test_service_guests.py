"""Invitations are listed and withdrawn, accounts are known by their notes: by command, over HTTP, on the console."""

import json
import time
import warnings
from pathlib import Path

import pytest
from sqlalchemy import update

from masquerade.cli.app import run
from masquerade.cli.commands.psp_service import open_provider
from masquerade.errors import BadRequest, NotKnown, WrongKey
from masquerade.service.provider import Provider
from masquerade.service.storage.tables import Invitation
from masquerade.service.web.app import application
from masquerade.service.web.guard import Guard
from masquerade.service.web.rates import Rates

with warnings.catch_warnings():  # it names a successor of httpx that is not in every index
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

pytest_plugins = ["service_fixtures"]
FREE = dict.fromkeys(("address", "account", "join"), (10000, 1))


def states(psp: Provider) -> dict[str, str]:
    return {row["note"]: row["state"] for row in psp.invitations()}


def test_invitations_are_listed_and_withdrawn(psp: Provider) -> None:
    codes = {name: psp.invite(note=name) for name in ("ana", "ben", "eva", "old")}
    account = psp.join(codes["ana"])["account"]
    handles = {row["note"]: row["handle"] for row in psp.invitations()}
    with psp.database.writing() as connection:
        lapsed = update(Invitation).where(Invitation.note == "old")
        connection.execute(lapsed.values(created=1, expires=int(time.time()) - 9))
    psp.withdraw(handles["ben"][:6].upper())
    assert states(psp) == {"ana": "used", "ben": "withdrawn", "eva": "open", "old": "lapsed"}
    for name in ("ana", "ben", "old"):
        with pytest.raises(NotKnown, match="unknown, used or lapsed"):
            psp.join(codes[name])
        with pytest.raises(NotKnown, match="no open invitation"):
            psp.withdraw(handles[name])
    assert psp.join(codes["eva"])["account"]
    shown = json.dumps(psp.invitations())
    assert not any(code[:11] in shown for code in codes.values())
    assert {row["account"] for row in psp.invitations("ANA")} == {account}
    assert psp.verify()
    with psp.database.writing() as connection:
        connection.execute(update(Invitation).values(withdrawn=None))
    with pytest.raises(WrongKey, match="withdrawn, and is open again"):
        psp.verify()


def test_a_beginning_that_fits_several_is_not_taken(psp: Provider) -> None:
    for name in ("one", "two"):
        psp.invite(note=name)
    with psp.database.writing() as connection:
        for name in ("one", "two"):
            connection.execute(update(Invitation).where(Invitation.note == name).values(handle=f"abcd{name}"))
    with pytest.raises(BadRequest, match="several"):
        psp.withdraw("abcd")
    for none in ("", "abc", "%", "____", "x" * 300):
        with pytest.raises(NotKnown):
            psp.withdraw(none)
    psp.withdraw("abcdo")
    assert states(psp) == {"one": "withdrawn", "two": "open"}


def test_an_account_has_the_note_of_its_invitation(psp: Provider) -> None:
    account = psp.join(psp.invite(note="  Ana, met in Ulm "))["account"]
    assert [row["note"] for row in psp.accounts("ulm")] == ["Ana, met in Ulm"]
    psp.note(account, "Ana Ruiz")
    assert [row["id"] for row in psp.accounts("ruiz")] == [account]
    assert psp.accounts("ulm") == []
    assert psp.accounts("%") == []
    for wrong in ("x" * 201, "two\nlines", "\x1b[2J", "\x00"):
        with pytest.raises(BadRequest, match="a note is one line"):
            psp.note(account, wrong)
        with pytest.raises(BadRequest, match="a note is one line"):
            psp.invite(note=wrong)
    with pytest.raises(NotKnown):
        psp.note("0" * 32, "nobody")
    psp.forget(account)
    assert "Ulm" not in json.dumps([psp.accounts(), psp.invitations()])


def test_the_operator_does_so_over_http_and_on_the_console(psp: Provider, tmp_path: Path) -> None:
    client = TestClient(Guard(application(psp, Rates(tmp_path / "rates.db", FREE))))
    client.headers["Authorization"] = f"Bearer {psp.operator_token()}"
    code = client.post("/v1/invitations", json={"note": "<b>Ana</b>"}).json()["code"]
    client.post("/v1/invitations", json={"note": "Ben"})
    assert client.post("/v1/invitations").status_code == 201
    account = psp.join(code)["account"]
    (ben,) = client.get("/v1/invitations", params={"search": "Ben"}).json()
    assert client.post(f"/v1/invitations/{ben['handle']}/withdraw").status_code == 204
    assert client.post(f"/v1/invitations/{ben['handle']}/withdraw").status_code == 404
    assert client.get("/v1/accounts", params={"search": "ana"}).json()[0]["id"] == account
    page = client.get("/console").text
    assert "&lt;b&gt;Ana" in page
    assert "withdrawn" in page
    assert client.put(f"/v1/accounts/{account}/note", json={"note": "Eva"}).status_code == 204
    for search, there in (("eva", True), ('"><script>', False), ("nobody", False)):
        page = client.get("/console", params={"search": search}).text
        assert (account in page) == there
        assert "<script" not in page
    for path, status in (("/console", 200), ("/v1/accounts", 422), ("/v1/invitations", 422)):
        assert client.get(f"{path}?search=%00").status_code == status
    assert client.post("/v1/accounts/%00/revoke").status_code == 400


def test_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    psp = open_provider("sqlite:///psp.db", Path("psp.key"), make=True)
    account = psp.join(psp.invite(note="-- Ana"))["account"]
    psp.close()
    assert run(["psp", "invite", "--note", "Ben"]) == 0
    capsys.readouterr()
    assert run(["psp", "invitations"]) == 0
    ben, ana = sorted(capsys.readouterr().out.splitlines(), key=lambda line: "Ana" in line)
    assert "open" in ben
    assert "used" in ana
    assert run(["psp", "withdraw", ben.split()[0]]) == 0
    assert run(["psp", "withdraw", ben.split()[0]]) == 1
    assert run(["psp", "note", account, "-Ana Ruiz"]) == 0
    capsys.readouterr()
    assert run(["psp", "accounts", "--json", "--find", "ruiz"]) == 0
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (told["id"], told["note"], told["created"][10:11]) == (account, "-Ana Ruiz", "T")
    assert run(["psp", "invitations", "--json"]) == 0
    assert {json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()} == {
        "used",
        "withdrawn",
    }
