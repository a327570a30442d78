from django.apps import AppConfig


class BatchesConfig(AppConfig):
    """Batches of essay files, matched against a class and reviewed by its teacher."""

    name = "batches"

    def ready(self) -> None:
        """Make the events known, say who may follow a batch, and match again when a class's students change."""
        from batches import events  # noqa: F401
        from batches.models import Batch
        from batches.queue import queue_rematching
        from classes.following import follow
        from huleedu.realtime import registry

        registry.register("batch", Batch.objects.visible_to)
        follow(queue_rematching)
