"""Every URL of the product: pages, API, support, health."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from batches.api.internal import urlpatterns as internal
from huleedu import views

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("huleedu.accounts.urls")),
    path("classes/", include("classes.urls")),
    path("", include("batches.urls")),
    path("api/", include("huleedu.api_router")),
    path("internal/v1/", include((internal, "internal"))),
    path("updated/<slug:kind>/<uuid:public_id>/", views.updated, name="updated"),
    path("support/", admin.site.urls),
    path("favicon.ico", views.favicon, name="favicon"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]

handler400 = "huleedu.views.bad_request"
handler403 = "huleedu.views.forbidden"
handler404 = "huleedu.views.not_found"
handler500 = "huleedu.views.server_error"
