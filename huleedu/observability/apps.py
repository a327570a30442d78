from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    """Request ids, logs, metrics. No models."""

    name = "huleedu.observability"
    label = "observability"
