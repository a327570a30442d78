from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What at least two apps use: errors, abstract models, the API's conventions."""

    name = "huleedu.common"
    label = "common"

    def ready(self) -> None:
        """Connect the receiver that names the acting person in audit rows; make Celery's app the one tasks run on."""
        from huleedu import celery  # noqa: F401  (importing it is enough)
        from huleedu.common import audit

        audit.connect()
