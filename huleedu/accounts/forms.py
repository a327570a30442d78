"""What people type to sign in and into their account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from huleedu.accounts import actions
from huleedu.accounts.models import User
from huleedu.accounts.notices import NoticeKind
from huleedu.accounts.queue import queue_reset_link

_LONGEST_PASSWORD = 1024


class SignInForm(forms.Form):
    """E-mail address and password. One message whatever is wrong, so that nobody learns who has an account."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=_LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    user: User

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request

    @sensitive_variables("values")
    def clean(self) -> dict[str, Any]:
        """Find the person; `user` is set afterwards. The work is the same for an address nobody has."""
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        user = authenticate(self.request, email=values["email"], password=values["password"])
        if not isinstance(user, User):
            raise ValidationError(_("The e-mail address and the password do not match. Check both and try again."))
        self.user = user
        return values


class ResetForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def save(self, *, request: HttpRequest, **_options: Any) -> None:
        """Send a link where there is such an account. Its host is ours, whatever the request says."""
        queue_reset_link(self.cleaned_data["email"], base_url=settings.PUBLIC_URL.rstrip("/"))


def _explain(fields: dict[str, forms.Field]) -> None:
    """Our own words beside the two fields: Django's second hint reads as if the old password was meant."""
    fields["new_password1"].help_text = _("At least 10 characters, and not a common password.")
    fields["new_password2"].help_text = _("Write the new password once more.")


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A new password after following a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _explain(self.fields)

    def save(self, commit: bool = True) -> User:
        """Set it; all sessions, tokens and sockets end."""
        return actions.set_password(self.user, password=self.cleaned_data["new_password1"], actor=self.user)


class ChangePasswordForm(PasswordChangeForm):
    """A new password of a signed-in person, who types the old one too."""

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        # It is one form of several on its page, which must not open in the middle.
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        _explain(self.fields)

    def save(self, commit: bool = True) -> User:
        """Set it; other sessions, tokens and sockets end."""
        return actions.set_password(self.user, password=self.cleaned_data["new_password1"], actor=self.user)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Name and language, and how the pages are to be."""

    class Meta:
        model = User
        fields = ["display_name", "language", "theme", "density", "shortcuts", "go_on"]
        widgets = {
            "display_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "theme": forms.RadioSelect,
            "density": forms.RadioSelect,
            "shortcuts": forms.RadioSelect,
        }

    def __init__(self, data: Any = None, *, instance: User) -> None:
        super().__init__(data, instance=instance)
        # Each language under its own name: who chose a wrong one must find the way back.
        own_names = [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=own_names, widget=forms.RadioSelect)
        self.fields["go_on"] = forms.TypedChoiceField(
            label=_("Go on by itself"),
            help_text=_("After a decision in match review, the next undecided text opens."),
            choices=[("True", _("on")), ("False", _("off"))],
            coerce=lambda chosen: chosen == "True",
            widget=forms.RadioSelect,
        )
        self.fields["shortcuts"].help_text = _("Letter keys in match review.")

    def save(self, commit: bool = True) -> User:
        """Change the account."""
        return actions.update_profile(self.instance, changes=self.cleaned_data, actor=self.instance)


class NoticesForm(forms.Form):
    """Which notices a person wants, on the page and by e-mail: a table of ticks."""

    page_notices = forms.MultipleChoiceField(label=_("On the page"), choices=NoticeKind.choices, required=False)
    email_notices = forms.MultipleChoiceField(label=_("By e-mail"), choices=NoticeKind.choices, required=False)

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user

    @property
    def rows(self) -> list[tuple[str, Any, bool, bool]]:
        """Per kind its value, its words, and whether it is chosen for the page and for e-mail."""
        return [
            (kind, words, kind in self.user.page_notices, kind in self.user.email_notices)
            for kind, words in NoticeKind.choices
        ]

    def save(self) -> User:
        """Change the account."""
        return actions.update_profile(self.user, changes=self.cleaned_data, actor=self.user)


class EmailChangeForm(forms.Form):
    """A new address; the password shows that it is the person who asks."""

    email = forms.EmailField(
        label=_("New e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    current_password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=_LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user

    @sensitive_variables("password")
    def clean_current_password(self) -> str:
        """Raises ValidationError where it is not the person's."""
        password: str = self.cleaned_data["current_password"]
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your password."))
        return password
