"""What the API takes and gives about tokens and the own account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from huleedu.accounts.models import User
from huleedu.accounts.notices import NoticeKind


class SignInInput(serializers.Serializer[Any]):
    """An e-mail address and its password, both as typed."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class RefreshInput(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=4096)


class TokenPairSerializer(serializers.Serializer[Any]):
    """Tokens; `expires_in` is how many seconds `access` holds."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    expires_in = serializers.IntegerField()


class TicketSerializer(serializers.Serializer[Any]):
    """A one-time pass for `/ws/`, offered as the subprotocol `ticket.<ticket>` within `expires_in` seconds."""

    ticket = serializers.CharField()
    expires_in = serializers.IntegerField()


class MeSerializer(serializers.ModelSerializer[User]):
    """The signed-in person."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    language = serializers.ChoiceField(settings.LANGUAGES)
    roles = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            *("id", "email", "display_name", "language", "theme", "density", "shortcuts", "go_on"),
            *("page_notices", "email_notices", "roles"),
        ]
        read_only_fields = ["email"]

    def get_roles(self, user: User) -> list[str]:
        """One of `teacher`, `support`."""
        return [user.role]


class MeInput(serializers.Serializer[Any]):
    """What a person may change of the own account here."""

    display_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)
    theme = serializers.ChoiceField(User.Theme.choices, required=False)
    density = serializers.ChoiceField(User.Density.choices, required=False)
    shortcuts = serializers.ChoiceField(User.Shortcuts.choices, required=False)
    go_on = serializers.BooleanField(required=False)
    page_notices = serializers.ListField(child=serializers.ChoiceField(NoticeKind.choices), required=False)
    email_notices = serializers.ListField(child=serializers.ChoiceField(NoticeKind.choices), required=False)
