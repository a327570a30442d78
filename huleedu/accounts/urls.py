"""Paths of signing in and of one's own account."""

from __future__ import annotations

from django.urls import URLPattern, path

from huleedu.accounts import views

app_name = "accounts"

urlpatterns: list[URLPattern] = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("account/", views.account, name="account"),
    path("language/", views.language, name="language"),
]
