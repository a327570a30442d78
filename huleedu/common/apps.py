from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What at least two apps use: errors, abstract models, the API's conventions."""

    name = "huleedu.common"
    label = "common"

    def ready(self) -> None:
        """Connect the receiver that names the acting person in audit rows; make Celery's app the one tasks run on."""
        from datetime import UTC

        from rest_framework.serializers import DateTimeField

        from huleedu import celery  # noqa: F401  (importing it is enough)
        from huleedu.common import audit

        audit.connect()
        # The API's times are UTC whatever the school's clock says; the framework has no setting for it.
        DateTimeField.timezone = UTC
