"""What the service says of itself is what stands in the repository, and what it does."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.python.asgi import get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import Receive, Scope, Send

from masquerade.service.web.access import ACCESS
from masquerade.service.web.app import application
from masquerade.service.web.guard import Guard
from masquerade.service.web.rates import Rates
from places import ROOT
from service_examples import provider

SNAPSHOT: Final = ROOT / "docs" / "openapi.json"
CASES: Final = int(os.environ.get("MASQUERADE_SCHEMATHESIS_CASES", "30"))
"""Made up, besides those that the description itself demands."""
VARIED: Final = 5
"""Endpoints that take anything that can vary."""
FREE: Final = dict.fromkeys(("address", "account", "join"), (10**7, 1))
CHECKS: Final = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
described = schemathesis.openapi.from_path(SNAPSHOT)


class Service:
    """The service without a network, and a token for each role."""

    def __init__(self, folder: Path) -> None:
        self.provider = provider(f"sqlite:///{folder}/psp.db", min_distance=0, open_joins_a_day=5)
        self.app = application(self.provider, Rates(folder / "rates.db", FREE))
        self.operator = self.provider.operator_token()
        self.person = ""
        self.seen: Counter[int] = Counter()

    def token(self, method: str, path: str) -> str:
        """Of a role that may do it; a person who was deleted or revoked makes way for another."""
        if ACCESS.get((method.upper(), path), {"operator"}) == {"operator"}:
            return self.operator
        if self.provider.caller(self.person) is None:
            self.person = self.provider.join(self.provider.invite())["token"]
        return self.person


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(tmp_path_factory.mktemp("psp"))
    yield made
    print(f"schemathesis: {made.seen.total()} cases, by status {dict(sorted(made.seen.items()))}")
    made.provider.close()


@pytest.fixture(scope="session")
def client(service: Service) -> Iterator[object]:
    guarded = Guard(service.app)

    async def requests_alone(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await guarded(scope, receive, send)
            return
        for word in ("startup", "shutdown"):  # the provider is the fixture's to close
            await receive()
            await send({"type": f"lifespan.{word}.complete"})

    with get_client(requests_alone, max_stream_events=10) as running:
        yield running


def as_text(service: Service) -> str:
    told = service.app.openapi()
    return json.dumps(told, indent=1, sort_keys=True) + "\n"


def test_the_snapshot_is_of_this_service(service: Service) -> None:
    if os.environ.get("MASQUERADE_WRITE_OPENAPI"):
        SNAPSHOT.write_text(as_text(service), encoding="utf-8")
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == json.loads(as_text(service)), (
        "look at what changed for those who call it, then run this test with MASQUERADE_WRITE_OPENAPI=1"
    )


@described.parametrize()
@settings(
    max_examples=max(1, CASES // VARIED),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_it(case: schemathesis.Case, service: Service, client: object) -> None:
    token = service.token(case.method, case.path)
    headers = {"Authorization": f"Bearer {token}"}
    answer = case.call(session=client, base_url="http://testserver", headers=headers)
    service.seen[answer.status_code] += 1
    case.validate_response(answer, checks=CHECKS)
