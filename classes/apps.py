from django.apps import AppConfig


class ClassesConfig(AppConfig):
    """Classes, students and class lists. Knows neither files nor batches."""

    name = "classes"

    def ready(self) -> None:
        """Make the events known and say who may follow a class."""
        from classes import events  # noqa: F401
        from classes.models import SchoolClass
        from huleedu.realtime import registry

        registry.register("class", SchoolClass.objects.visible_to)
