"""The own account: name, how the pages are to be, notices, password, e-mail address, being signed in elsewhere."""

from __future__ import annotations

from copy import copy
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from huleedu.accounts import actions, mail
from huleedu.accounts.forms import ChangePasswordForm, EmailChangeForm, NoticesForm, ProfileForm
from huleedu.accounts.links import email_change_tokens, email_change_url
from huleedu.accounts.models import User
from huleedu.accounts.receivers import note_sign_in
from huleedu.accounts.sign_ins import signed_in
from huleedu.accounts.views.sign_in import UNPROCESSABLE
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: PageRequest) -> HttpResponse:
    """Show the account; POST saves the name, the language and how the pages are to be."""
    if request.method != "POST":
        return _page(request)
    # A copy: the form writes into its instance while it checks, and the page names the person.
    form = ProfileForm(request.POST, instance=copy(request.user))
    if not form.is_valid():
        return _page(request, profile_form=form)
    try:
        user = form.save()
    except ActionError as error:
        form.add_error(error.field, str(error.message))
        return _page(request, profile_form=form)
    with override(user.language):
        messages.success(request, _("Saved."))
    return redirect("accounts:account")


@require_POST
def notices(request: PageRequest) -> HttpResponse:
    """Save which notices the person wants, on the page and by e-mail."""
    form = NoticesForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, notices_form=form)
    form.save()
    messages.success(request, _("Saved."))
    return redirect("accounts:account")


@sensitive_post_parameters()
@require_POST
def password(request: PageRequest) -> HttpResponse:
    """Change the password. This session goes on; all others, tokens and sockets end."""
    form = ChangePasswordForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, password_form=form)
    _go_on_here(request, form.save())
    messages.success(request, _("Your password is changed. You are signed out everywhere else."))
    return redirect("accounts:account")


@require_POST
def sign_out_others(request: PageRequest) -> HttpResponse:
    """End all sessions, tokens and sockets but this one."""
    _go_on_here(request, actions.sign_out_everywhere(request.user, actor=request.user))
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("accounts:account")


@require_POST
def end_sign_in(request: PageRequest, sign_in_id: UUID) -> HttpResponse:
    """End one session or one program's sign-in."""
    if actions.end_sign_in(request.user, sign_in=sign_in_id, actor=request.user):
        messages.success(request, _("Signed out there."))
    else:
        messages.info(request, _("That was signed out already."))
    return redirect(reverse("accounts:account", fragment="sign-ins"))


def _go_on_here(request: PageRequest, user: User) -> None:
    """Keep this session although all others have ended."""
    update_session_auth_hash(request, user)
    note_sign_in(User, request, user)


@sensitive_post_parameters()
@require_POST
def email(request: PageRequest) -> HttpResponse:
    """Send a link to the new address. The answer does not tell whether somebody else has it."""
    form = EmailChangeForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, email_form=form)
    try:
        user = actions.ask_for_email_change(request.user, email=form.cleaned_data["email"], actor=request.user)
    except ActionError as error:
        form.add_error(error.field, str(error.message))
        return _page(request, email_form=form)
    link = email_change_url(user)
    if mail.send("email_change", to=user.new_email, language=user.language, link=link):
        messages.success(request, _("We have sent a link to the new address. Follow it to confirm the change."))
    else:
        messages.error(request, _("The link could not be sent just now. Try again later."))
    return redirect("accounts:account")


@require_http_methods(["GET", "HEAD", "POST"])
def email_confirm(request: PageRequest, token: str) -> HttpResponse:
    """Show the new address; POST takes it into use. Needs the sign-in: a mistyped address gives nobody the account."""
    user = request.user
    if request.method == "POST":
        old = user.email
        user = actions.confirm_email_change(user, token=token, actor=user)
        mail.send("email_changed", to=old, language=user.language)
        messages.success(request, _("Your e-mail address is changed. Sign in with it from now on."))
        return redirect("accounts:account")
    holds = bool(user.new_email) and email_change_tokens.check_token(user, token)
    return render(request, "accounts/email_confirm.html", {"holds": holds}, status=200 if holds else UNPROCESSABLE)


def _page(request: PageRequest, **bound: Any) -> HttpResponse:
    """The account's page with empty forms, but for the one that was sent and has errors, which is `form` too."""
    user = request.user
    context = {
        "profile_form": ProfileForm(instance=user),
        "notices_form": NoticesForm(user),
        "password_form": ChangePasswordForm(user),
        "email_form": EmailChangeForm(user),
        "sign_ins": signed_in(user, request.session.session_key),
        "form": next(iter(bound.values()), None),
        **bound,
    }
    return render(request, "accounts/account.html", context, status=UNPROCESSABLE if bound else 200)
