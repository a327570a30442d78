from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Essay files: storing and reading them. Knows neither batches nor classes."""

    name = "files"
