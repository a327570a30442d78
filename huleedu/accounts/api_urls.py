"""The API's paths of tokens, tickets and the own account."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from huleedu.accounts.api import MeViewSet, SocketTicketView, TokenRefreshView, TokenRevokeView, TokenView

urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/token/", TokenView.as_view(), name="token"),
    path("auth/token/refresh/", TokenRefreshView.as_view(), name="token-refresh"),
    path("auth/token/revoke/", TokenRevokeView.as_view(), name="token-revoke"),
    path("me/", MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="me"),
    path("ws-ticket/", SocketTicketView.as_view(), name="ws-ticket"),
]
