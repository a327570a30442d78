from django.apps import AppConfig


class DevstackConfig(AppConfig):
    """`manage.py up`. No models."""

    name = "huleedu.devstack"
    label = "devstack"
