"""Pages of results."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param


class Pagination(PageNumberPagination):
    """`{count, next, previous, results}`, 50 a page, at most 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class RowPagination(Pagination):
    """As `Pagination`, over dictionaries that carry their own `total` (a window count): no COUNT beside them."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The page's rows. A page after the last is 404, an empty list is page 1."""
        self.request, self.address = request, request.build_absolute_uri()
        self.size = self.get_page_size(request) or 50
        given = request.query_params.get(self.page_query_param, "1")
        if not given.isascii() or not given.isdigit() or not 0 < int(given) < 1_000_000:
            raise NotFound
        self.number = int(given)
        start = (self.number - 1) * self.size
        rows = list(queryset[start : start + self.size])
        self.total = rows[0]["total"] if rows else 0
        if not rows and self.number > 1:
            raise NotFound
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """`{count, next, previous, results}`."""
        has_next = self.number * self.size < self.total
        return Response(
            {
                "count": self.total,
                "next": self._link(self.number + 1) if has_next else None,
                "previous": self._link(self.number - 1) if self.number > 1 else None,
                "results": data,
            }
        )

    def _link(self, number: int) -> str:
        return str(replace_query_param(self.address, self.page_query_param, number))
