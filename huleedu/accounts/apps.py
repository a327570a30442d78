from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who signs in, and how."""

    name = "huleedu.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect the receivers that close sockets when a person signs out."""
        from huleedu.accounts import receivers  # noqa: F401
