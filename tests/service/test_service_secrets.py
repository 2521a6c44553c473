"""No token, code, key, latent or MaskNet stands in a log, in an error's body, or in a traceback."""

import base64
import logging
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from masquerade.keys import Key
from masquerade.service.accounts.sealing import belongs
from masquerade.service.provider import Provider
from masquerade.service.storage.tables import MaskNetRow
from masquerade.service.web.app import create
from masquerade.service.web.rates import Rates
from service_examples import KEY, provider
from service_faults import at_point, cut

with warnings.catch_warnings():  # it names a successor of httpx that is not in every index
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

FREE = dict.fromkeys(("address", "account", "join"), (10**6, 1))
OPERATOR_SECRET = bytes(range(32))
PIECE = 24
"""Bytes of a MaskNet that are looked for, at several places of it."""


@pytest.fixture
def psp(tmp_path: Path) -> Iterator[Provider]:
    made = provider(f"sqlite:///{tmp_path}/psp.db", min_distance=0)
    yield made
    made.close()


def spellings(secret: bytes) -> set[str]:
    coded = base64.b64encode(secret).decode().rstrip("=")
    return {secret.hex(), coded, coded.replace("+", "-").replace("/", "_"), repr(secret)[2:-1]}


def needles(psp: Provider, texts: list[str], masknet: bytes) -> set[str]:
    box, found = KEY.box("latents"), set(texts)
    with psp.database.reading() as connection:
        for row in connection.execute(select(MaskNetRow.__table__)):
            latent = box.open(row.sealed, belongs(row.id, row.account or ""))
            found |= spellings(latent.reveal())
    for at in range(len(masknet) // 4, len(masknet), len(masknet) // 4):
        found |= spellings(masknet[at : at + PIECE])
    return found | spellings(OPERATOR_SECRET)


def test_nothing_secret_is_told(psp: Provider, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "uvicorn.error", "masquerade"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    client = TestClient(create(psp, Rates(tmp_path / "rates.db", FREE)), raise_server_exceptions=False)
    code, unused, operator = psp.invite(), psp.invite(), psp.operator_token()
    joined = client.post("/v1/join", json={"code": code}).json()
    person, key = {"Authorization": f"Bearer {joined['token']}"}, {"Idempotency-Key": "key-of-a-wish-0001"}
    assert client.post("/v1/masknet", headers={**person, **key}).status_code == 201
    masknet = client.get("/v1/masknet", headers=person).content
    secrets = needles(psp, [joined["token"], code, unused, operator, *key.values()], masknet)
    told = refused(client, person, unused, operator) + broken(client, psp, person, unused)
    assert len(told) > 10
    told += [_traced(record) for record in caplog.records if record.name != "httpx"]  # the caller's own
    assert [text[:80] for text in told for secret in secrets if secret in text] == []


def refused(client: TestClient, person: dict[str, str], unused: str, operator: str) -> list[str]:
    """Bodies of what is refused when secrets stand where they should not."""
    answers = [
        client.post("/v1/join", json={"code": unused, unused: 1}),
        client.post("/v1/join", json={unused: unused}),
        client.post("/v1/join", json={"code": f"x{unused}"}),
        client.post("/v1/join", json={"code": [unused]}),
        client.post("/v1/join", content=unused.encode()),
        client.post("/v1/join", json={"code": unused}, headers={"Idempotency-Key": operator[:20]}),
        client.post("/v1/masknet", headers={**person, "Idempotency-Key": "key-of-a-wish-0002"}),
        client.post("/v1/masknet", headers=person, json={operator: operator}),
        client.post(f"/v1/accounts/{operator}/revoke", headers={"Authorization": f"Bearer {unused}"}),
        client.get("/v1/accounts", headers=person),
        client.get("/metrics", headers=person),
    ]
    assert [answer.status_code for answer in answers if answer.status_code < 400] == []
    return [answer.text + str(dict(answer.headers)) for answer in answers]


def broken(client: TestClient, psp: Provider, person: dict[str, str], unused: str) -> list[str]:
    """Bodies of what goes wrong when the database does."""
    found = []
    for point in range(12):
        at_point(psp.database.engine, point, cut)
        found.append(client.get("/v1/masknet", headers=person))
    psp.database.writing = None  # type: ignore[assignment, method-assign]
    found.append(client.post("/v1/join", json={"code": unused}))
    del psp.database.writing
    assert found[-1].status_code == 500
    return [answer.text for answer in found if answer.status_code >= 400]


def _traced(record: logging.LogRecord) -> str:
    shown = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
    return f"{record.getMessage()} {record.args!r} {shown}"


def test_what_is_shown_of_a_provider_holds_no_key(psp: Provider) -> None:
    shown = f"{psp!r} {psp.settings!r} {psp.signer!r} {vars(psp)!r} {Key.from_secret(OPERATOR_SECRET)!r}"
    assert not any(secret in shown for secret in spellings(OPERATOR_SECRET))
