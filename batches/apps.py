from django.apps import AppConfig


class BatchesConfig(AppConfig):
    """Batches of essay files, matched against a class and reviewed by its teacher."""

    name = "batches"

    def ready(self) -> None:
        """Make the events known and say who may follow a batch."""
        from batches import events  # noqa: F401
        from batches.models import Batch
        from huleedu.realtime import registry

        registry.register("batch", Batch.objects.visible_to)
