"""Paths of signing in and of the own account."""

from __future__ import annotations

from django.urls import URLPattern, path

from huleedu.accounts.views import account, reset, sign_in

app_name = "accounts"

urlpatterns: list[URLPattern] = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("language/", sign_in.language, name="language"),
    path("sign-in/reset/", reset.ResetView.as_view(), name="reset"),
    path("sign-in/reset/sent/", reset.ResetSentView.as_view(), name="reset-sent"),
    path("sign-in/reset/<uuid:uidb64>/<str:token>/", reset.ResetConfirmView.as_view(), name="reset-confirm"),
    path("account/", account.account, name="account"),
    path("account/notices/", account.notices, name="notices"),
    path("account/password/", account.password, name="password"),
    path("account/sign-out-others/", account.sign_out_others, name="sign-out-others"),
    path("account/sign-ins/<uuid:sign_in_id>/end/", account.end_sign_in, name="sign-in-end"),
    path("account/email/", account.email, name="email"),
    path("account/email/<str:token>/", account.email_confirm, name="email-confirm"),
]
