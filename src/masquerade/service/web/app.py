"""The endpoints."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

import masquerade
from masquerade.errors import NotKnown, OutOfOrder
from masquerade.service.accounts.credentials import Caller
from masquerade.service.accounts.overview import overview
from masquerade.service.masknets.issue import EmptyStock
from masquerade.service.provider import Provider
from masquerade.service.web.access import ACCESS, ANYONE
from masquerade.service.web.console import console, token_of
from masquerade.service.web.failures import add_failures
from masquerade.service.web.guard import Guard
from masquerade.service.web.metrics import TYPE, Metrics
from masquerade.service.web.operator import operator
from masquerade.service.web.probes import PROBES, Readiness
from masquerade.service.web.rates import Rates
from masquerade.service.web.schemas import (
    BYTES,
    FAILURES,
    GONE,
    LATER,
    Forgotten,
    IssueBody,
    IssuedBody,
    Join,
)
from masquerade.service.web.stock_refill import StockRefill

PAGE = Path(__file__).parents[1] / "page"


def create(provider: Provider, rates: Rates, upkeep: StockRefill | None = None) -> ASGIApp:
    """The service as an ASGI application; it closes the provider when it stops."""
    metrics = Metrics()
    return Guard(application(provider, rates, metrics, upkeep), metrics)


def application(
    provider: Provider, rates: Rates, metrics: Metrics | None = None, upkeep: StockRefill | None = None
) -> FastAPI:
    """The endpoints alone."""
    counts = metrics or Metrics()

    readiness = Readiness(provider.ready)

    async def authorise(request: Request) -> Caller:
        if request.scope["route"].path in PROBES:
            return Caller(ANYONE)
        return await run_in_threadpool(_authorised, request, provider, rates)

    app = FastAPI(
        title="masquerade: Privacy Service Provider",
        version=masquerade.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan(provider, upkeep),
        responses=FAILURES,
        dependencies=[Depends(authorise)],
    )
    caller = Depends(authorise)
    add_failures(app)

    @app.get("/healthz", summary="Whether the process lives")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", summary="Whether requests can be served")
    async def readyz() -> dict[str, str]:
        if provider.committer.closed:
            raise OutOfOrder("the service is stopping", code="stopping", wait=5)
        await readiness.require()
        return {"status": "ready"}

    @app.get("/metrics", response_class=PlainTextResponse, summary="Numbers for Prometheus")
    def metrics_now() -> Response:
        with provider.database.reading() as connection:
            return Response(counts.text(overview(connection, 0)), media_type=TYPE)

    @app.get("/v1/provider", summary="The public key and the hypernetwork")
    def facts() -> dict[str, str]:
        digest = provider.source.digest
        return {
            "public_key": provider.signer.public.hex(),
            "hypernet": provider.source.name,
            "digest": digest,
        }

    @app.post("/v1/join", status_code=201, summary="Get an account for an invitation")
    async def join(
        body: Join, idempotency_key: Annotated[str, Header(max_length=200)] = ""
    ) -> dict[str, str]:
        return await provider.committer.answered(provider.joining(body.code, idempotency_key))

    @app.post(
        "/v1/masknet",
        status_code=201,
        response_model=IssuedBody,
        summary="Be issued a MaskNet, or a replacement",
    )
    async def issue(
        idempotency_key: Annotated[str, Header(min_length=8, max_length=200)],
        body: IssueBody | None = None,
        who: Caller = caller,
    ) -> Response:
        wish = body or IssueBody()
        answer = await _issued(provider, who.account, idempotency_key, replace=wish.replace)
        return Response(answer, 201, media_type="application/json")

    @app.get("/v1/masknet", response_class=Response, responses=BYTES, summary="Fetch the MaskNet's file")
    def masknet(who: Caller = caller) -> Response:
        return Response(provider.masknet(who.account), media_type="application/octet-stream")

    @app.delete("/v1/account", status_code=204, responses=GONE, summary="Delete the account and its secrets")
    def forget(who: Caller = caller) -> Response:
        if provider.forget(who.account):
            return Response(status_code=204)
        return JSONResponse(Forgotten(message=LATER).model_dump(), 202)

    app.include_router(operator(provider))
    app.include_router(console(provider))
    if (PAGE / "index.html").exists():
        app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


async def _issued(provider: Provider, account: str, key: str, *, replace: bool) -> bytes:
    """What ``Provider.issue`` answers; however many wait for a commit, no threads wait with them."""
    try:
        return await provider.committer.answered(provider.asked(account, key, replace=replace))
    except EmptyStock:
        return await run_in_threadpool(provider.issue, account, key, replace=replace)


def _authorised(request: Request, provider: Provider, rates: Rates) -> Caller:
    """Who asks, if the table lets them; default is no."""
    path = request.scope["route"].path
    address = request.client.host if request.client else ""
    rates.spend("address", address)
    token = token_of(request.method, path, request.headers.get("authorization", ""))
    found = provider.caller(token) if token else None
    who = found or Caller(ANYONE)
    if who.account:
        rates.spend("account", who.account)
    if path == "/v1/join":
        rates.spend("join", address)
    allowed = ACCESS.get((request.method, path), frozenset())
    if who.role in allowed:
        return who
    if who.role == ANYONE:
        raise HTTPException(401)
    raise NotKnown("there is nothing here", code="not_found")


def _lifespan(
    provider: Provider, upkeep: StockRefill | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if upkeep is not None:
            upkeep.start()
        yield
        if upkeep is not None:
            await run_in_threadpool(upkeep.stop)
        await run_in_threadpool(provider.close)

    return lifespan
