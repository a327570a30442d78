from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """The WebSocket and delivery to it. No models, knows no domain."""

    name = "huleedu.realtime"
    label = "realtime"
