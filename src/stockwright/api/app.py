"""The API: its routes, its document, its sign-in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger

from stockwright import __version__
from stockwright.api import problems, schema
from stockwright.api.auth import ApiKeyAuth, SessionAuth
from stockwright.api.reading import JsonParser
from stockwright.api.routes import actions, flow, imports, numbers, orders, stock

_WORDS = """
Everything the pages do, for programs. One operation for each action; lists in pages that begin where the last one
ended; every refusal as problem+json (RFC 9457) with a stable `code`.

Send `Authorization: Bearer sw_...`. Send an `Idempotency-Key` with every action, and send it again unchanged when you
don't know whether the first arrived.
"""


class Api(NinjaAPI):
    """Ninja's API with the actions in its document."""

    _document: Any = None

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> Any:
        """The OpenAPI document; made once in each process, since actions are registered at start."""
        if self._document is None:
            document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
            schema.complete(document, path_prefix or self.get_root_path(path_params or {}))
            self._document = document
        return self._document


def build() -> Api:
    """The API with all its routes."""
    made = Api(
        title="Stockwright",
        version=__version__,
        description=_WORDS.strip(),
        urls_namespace="api",
        auth=[ApiKeyAuth(), SessionAuth()],
        parser=JsonParser(),
        docs=Swagger(settings={"persistAuthorization": False}),
    )
    for router in (
        actions.router, orders.router, stock.catalog, stock.stock, imports.router, flow.inbox, flow.journal,
        numbers.insight, numbers.today,
    ):  # fmt: skip
        made.add_router("", router)
    problems.install(made)
    return made


api = build()


def nothing_here(_request: HttpRequest) -> Any:
    """Answer for every other address below /api/."""
    return problems.problem(404, "not_found", "There is nothing at this address; see /api/v1/docs.")
