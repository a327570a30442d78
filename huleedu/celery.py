"""The Celery application. Tasks take ids, reload, and call one action."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import worker_ready
from django.db import transaction
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huleedu.settings")


if TYPE_CHECKING:
    _DjangoTask = DjangoTask[Any, Any]
else:
    _DjangoTask = DjangoTask  # generic in the stubs only


class Task(_DjangoTask):
    """A task whose `delay_on_commit` never fails the request that enqueues it.

    The work itself is a row in PostgreSQL and a sweeper queues it again, so a broker that is down costs time, not work.
    """

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # nothing to wait for yet
        """Queue the task once the running transaction has committed; a broker error is logged, not raised."""
        # A lambda and no partial: Django asks a robust callback that fails for its __qualname__.
        transaction.on_commit(lambda: self.delay(*args, **kwargs), robust=True)


SCHEDULE: dict[str, dict[str, Any]] = {
    "relay-outbox": {"task": "huleedu.outbox.tasks.relay", "schedule": 5.0},
    "purge-outbox": {"task": "huleedu.outbox.tasks.purge", "schedule": 3600.0},
    "sweep-stuck-files": {"task": "batches.tasks.sweep_stuck", "schedule": 15.0},
    "end-silent-phases": {"task": "batches.tasks.watch_assessment", "schedule": 60.0},
    "keep-deadlines": {"task": "batches.tasks.keep_deadlines", "schedule": 60.0},
    "keep-letters": {"task": "batches.tasks.keep_letters", "schedule": 60.0},
    "watch-orchestrator": {"task": "batches.orchestrator.tasks.watch_orchestrator", "schedule": 15.0},
    "purge-orphan-blobs": {"task": "files.tasks.purge_orphan_blobs", "schedule": 3600.0},
    "purge-roster-drafts": {"task": "classes.tasks.purge_roster_imports", "schedule": 3600.0},
    "purge-sign-ins": {"task": "huleedu.accounts.tasks.purge_sign_ins", "schedule": 3600.0},
    "clear-expired-keys": {"task": "huleedu.common.tasks.purge_idempotency_keys", "schedule": 3600.0},
    "delete-removed-files": {"task": "batches.tasks.purge_removed_files", "schedule": 3600.0},
    "purge-audit-log": {"task": "huleedu.common.tasks.purge_audit_log", "schedule": 3600.0},
}
"""What comes round by itself: the task, and after how many seconds."""

app = Celery("huleedu", task_cls=Task)
app.config_from_object("django.conf:settings", namespace="CELERY")
# A round that no worker took before the next one came is forgotten: nothing piles up while all workers are away.
app.conf.beat_schedule = {
    name: {**entry, "options": {"expires": entry["schedule"]}} for name, entry in SCHEDULE.items()
}
app.autodiscover_tasks()


@worker_ready.connect
def serve_metrics(**_signal: Any) -> None:
    """Give Prometheus the counters of this worker's processes, where `settings.WORKER_METRICS_PORT` names a port."""
    from django.conf import settings

    if settings.WORKER_METRICS_PORT:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        start_http_server(settings.WORKER_METRICS_PORT, registry=registry)
