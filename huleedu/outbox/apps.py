from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Events: written with the change, relayed after it."""

    name = "huleedu.outbox"
    label = "outbox"

    def ready(self) -> None:
        """Let sockets replay what a person missed."""
        from huleedu.outbox import history
        from huleedu.realtime import registry

        registry.set_history(history.last_seq, history.frames_after)
