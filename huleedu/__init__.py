"""The platform the apps stand on. Importing it makes Celery's app known to `shared_task`."""

from huleedu.celery import app as celery_app

__all__ = ["celery_app"]
