"""A person whose token is lost or has lapsed comes back; nobody else does: on both databases."""

import json
import time

import pytest
from sqlalchemy import select, text, update

from masquerade.errors import NotKnown, QuotaReached, WrongKey
from masquerade.service.masknets.statement import checked, require_bytes
from masquerade.service.provider import Provider
from masquerade.service.settings import DAY
from masquerade.service.storage.tables import Token

pytest_plugins = ["service_fixtures"]
KEYS = ["a" * 32, "b" * 32]


def test_a_token_that_is_used_lasts_longer(psp: Provider) -> None:
    token = psp.join(psp.invite())["token"]
    operator = psp.operator_token()
    soon = int(time.time()) + 10 * DAY
    with psp.database.writing() as connection:
        connection.execute(update(Token).values(expires=soon))
    assert psp.caller(token)
    assert psp.caller(operator)
    psp.invite()  # whatever was begun before is done
    with psp.database.reading() as connection:
        expires = {row.role: row.expires for row in connection.execute(select(Token.role, Token.expires))}
    assert expires == {"person": pytest.approx(time.time() + 365 * DAY, abs=60), "operator": soon}


def test_who_comes_back_has_the_same_masknet_and_a_new_token(psp: Provider) -> None:
    first = psp.join(psp.invite())
    account = first["account"]
    psp.issue(account, "wish-0001")
    content = psp.masknet(account)
    code = psp.invite(account)
    again = psp.join(code, KEYS[0])
    assert again == psp.join(code, KEYS[0])
    assert again["account"] == account
    assert psp.caller(first["token"]) is None
    assert psp.caller(again["token"])
    statement = checked(json.loads(psp.issue(account, "wish-of-the-new-device")), psp.signer.public, account)
    require_bytes(statement, content)
    assert psp.accounts()[0]["issued"] == 1
    with pytest.raises(QuotaReached, match="has a MaskNet"):
        psp.issue(account, "another-wish")
    with pytest.raises(NotKnown):
        psp.join(code, KEYS[1])
    assert psp.verify()


def test_nobody_comes_back_to_what_is_gone(psp: Provider) -> None:
    forgotten, revoked = (psp.join(psp.invite())["account"] for _ in range(2))
    codes = [psp.invite(account) for account in (forgotten, revoked)]
    psp.forget(forgotten)
    psp.revoke(revoked)
    for code in codes:
        with pytest.raises(NotKnown):
            psp.join(code)
    for account in (forgotten, revoked, "nobody"):
        with pytest.raises(NotKnown):
            psp.invite(account)
    assert len(psp.accounts()) == 1
    assert psp.verify()


def test_an_invitation_turned_to_somebody_elses_account_is_found(psp: Provider) -> None:
    account = psp.join(psp.invite())["account"]
    code = psp.invite()
    with psp.database.writing() as connection:
        turned = text("UPDATE invitations SET account = :account WHERE used IS NULL")
        connection.execute(turned, {"account": account})
    psp.join(code)
    with pytest.raises(WrongKey, match="not made so"):
        psp.verify()
