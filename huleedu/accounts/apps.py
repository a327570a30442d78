from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who signs in, and how."""

    name = "huleedu.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect the receivers that close sockets, sign sockets in by ticket, describe signing in in the schema."""
        from huleedu.accounts import receivers, schema  # noqa: F401
        from huleedu.accounts.tickets import redeem_ticket
        from huleedu.realtime import registry

        registry.set_tickets(redeem_ticket)
