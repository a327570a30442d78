"""Setting a password by a link: after forgetting it, or for the first time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetDoneView, PasswordResetView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from huleedu.accounts.forms import NewPasswordForm, ResetForm
from huleedu.accounts.models import User
from huleedu.accounts.views.sign_in import UNPROCESSABLE, too_many_tries
from huleedu.common.throttling import seconds_until_sign_in


class ResetView(PasswordResetView):
    """Ask for a link. The answer is the same whether somebody has the address or not."""

    form_class: Any = ResetForm
    template_name = "accounts/reset.html"
    success_url = reverse_lazy("accounts:reset-sent")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Counts as a try to sign in, so that nobody's mailbox is flooded."""
        wait = seconds_until_sign_in(request)
        if wait is not None:
            return too_many_tries(request, self.template_name, ResetForm(), wait)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is missing."""
        return self.render_to_response(self.get_context_data(form=form), status=UNPROCESSABLE)


class ResetSentView(PasswordResetDoneView):
    """Look into your mail."""

    template_name = "accounts/reset_sent.html"


class ResetConfirmView(PasswordResetConfirmView):
    """Set the password. The person is named by `public_id` in the link."""

    form_class: Any = NewPasswordForm
    template_name = "accounts/reset_confirm.html"
    success_url = reverse_lazy("accounts:sign-in")

    def get_user(self, uidb64: Any) -> Any:
        """Whose link it is; nobody's for a person who may not sign in."""
        return User.objects.filter(public_id=uidb64, is_active=True).first()

    def form_valid(self, form: Any) -> HttpResponse:
        """Set it and let the person sign in with it."""
        response = super().form_valid(form)
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong with the password."""
        return self.render_to_response(self.get_context_data(form=form), status=UNPROCESSABLE)
