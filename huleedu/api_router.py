"""`/api/`: version 1, its schema and the readable schema."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from batches.api.urls import urlpatterns as batches
from classes.api_urls import urlpatterns as classes
from huleedu.accounts.api_urls import urlpatterns as accounts
from huleedu.outbox.api import EventsView
from huleedu.views import ApiDocsView, ApiSchemaView

version_1: list[URLPattern | URLResolver] = [
    *accounts,
    *classes,
    *batches,
    path("events/", EventsView.as_view(), name="events"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include((version_1, "api"))),
    path("schema/", ApiSchemaView.as_view(), name="api-schema"),
    path("docs/", ApiDocsView.as_view(url_name="api-schema"), name="api-docs"),
]
