"""Lists page by page, in the order in which rows were stored."""

from typing import Any
from urllib.parse import urlencode

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from measurement.api.parameters import whole_number

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
LAST_ID = 2**63 - 1  # PostgreSQL's bigint


class CursorPages(BasePagination):
    """Pages of rows by ascending id: `limit` rows after `cursor`.

    One query a page however far it is, and a row that is stored meanwhile moves no other row.
    """

    parameters = ("limit", "cursor")

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the rows of the page. Raises Problem (400) for a bad `limit` or `cursor`."""
        query = request.query_params
        limit = whole_number(query, "limit", lowest=1, highest=MAX_LIMIT, default=DEFAULT_LIMIT)
        cursor = whole_number(query, "cursor", lowest=0, highest=LAST_ID, default=0)
        rows = list(queryset.filter(pk__gt=cursor).order_by("pk")[: limit + 1])
        page = rows[:limit]
        self._next = (
            _address(request, limit=limit, cursor=page[-1].pk) if len(rows) > limit else None
        )
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page and the address of the next one."""
        return Response({"next": self._next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page of rows that `schema` describes."""
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "Address of the next page; null on the last.",
                },
                "results": schema
                | {"description": "The rows of this page, in the order they were stored."},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Describe `limit` and `cursor`."""
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": f"Rows a page, 1 to {MAX_LIMIT}.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_LIMIT,
                    "default": DEFAULT_LIMIT,
                },
            },
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where the page starts. Taken from `next`; do not make it up.",
                "schema": {"type": "integer", "minimum": 0, "default": 0},
            },
        ]


def _address(request: Request, **query: int) -> str:
    return f"{request.build_absolute_uri(request.path)}?{urlencode(query)}"
