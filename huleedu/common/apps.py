from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What at least two apps use: errors, abstract models, the API's conventions."""

    name = "huleedu.common"
    label = "common"

    def ready(self) -> None:
        """Connect the receiver that writes the acting person into audit rows."""
        from huleedu.common import audit

        audit.connect()
