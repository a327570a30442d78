"""Signing in and out, and the language before that."""

from __future__ import annotations

from math import ceil

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from huleedu.accounts import actions
from huleedu.accounts.forms import SignInForm
from huleedu.common.errors import ActionError
from huleedu.common.throttling import seconds_until_sign_in

UNPROCESSABLE, TOO_MANY = 422, 429


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in and go to `next`, or to the overview."""
    if request.user.is_authenticated:
        return redirect(_next_page(request, settings.LOGIN_REDIRECT_URL))
    wait = seconds_until_sign_in(request) if request.method == "POST" else None
    if wait is not None:
        return too_many_tries(request, "accounts/sign_in.html", SignInForm(request), wait)
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        login(request, form.user)
        response = redirect(_next_page(request, settings.LOGIN_REDIRECT_URL))
        remember_language(response, form.user.language)
        return response
    context = {"form": form, "next": _asked_for(request)}
    return render(request, "accounts/sign_in.html", context, status=UNPROCESSABLE if form.is_bound else 200)


def too_many_tries(request: HttpRequest, template: str, form: object, wait: int) -> HttpResponse:
    """The same page with how many minutes to wait (`wait` is in seconds), status 429."""
    minutes = ceil(wait / 60)
    message = ngettext(
        "Too many tries. Try again in %(minutes)d minute.", "Too many tries. Try again in %(minutes)d minutes.", minutes
    ) % {"minutes": minutes}
    context = {"form": form, "next": _asked_for(request), "refusals": [ActionError("throttled", message)]}
    response = render(request, template, context, status=TOO_MANY)
    response["Retry-After"] = str(wait)
    return response


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and close its sockets."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL or "accounts:sign-in")


def remember_language(response: HttpResponse, chosen: str) -> None:
    """Speak `chosen` on this device also when nobody is signed in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=365 * 24 * 3600,
        httponly=True,
        secure=settings.SECURE_COOKIES,
        samesite="Lax",
    )


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose a language: kept with the account, and in a cookie for when nobody is signed in."""
    chosen = request.POST.get("language", "")
    response = redirect(_next_page(request, "accounts:sign-in"))
    if chosen not in dict(settings.LANGUAGES) or not check_for_language(chosen):
        return response
    if request.user.is_authenticated:
        actions.update_profile(request.user, changes={"language": chosen}, actor=request.user)
    remember_language(response, chosen)
    return response


def _asked_for(request: HttpRequest) -> str:
    """The page of this site that `next` names by its path; empty where it is none, or another site's."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if ours and asked.startswith("/") else ""


def _next_page(request: HttpRequest, default: str) -> str:
    return _asked_for(request) or resolve_url(default)
