"""Every metric of the product, declared once. Labels hold states, never ids or names."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CLASSES_CREATED = Counter("classes_created_total", "Classes made")
STUDENTS_ADDED = Counter("students_added_total", "Students added by hand or by a class list")
FILES_READ = Counter("huleedu_files_read_total", "Files whose reading ended", ["status"])
READ_SECONDS = Histogram(
    "huleedu_file_read_seconds", "Seconds one file took to read", buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20)
)
OUTBOX_WAITING = Gauge("huleedu_outbox_waiting", "Events not yet relayed", multiprocess_mode="mostrecent")
OUTBOX_AGE = Gauge("huleedu_outbox_oldest_seconds", "Age of the oldest waiting event", multiprocess_mode="mostrecent")
OUTBOX_DEAD = Gauge("huleedu_outbox_dead", "Events given up", multiprocess_mode="mostrecent")
BATCHES_STUCK = Gauge("huleedu_batches_stuck", "Batches whose work does not move", multiprocess_mode="mostrecent")
SOCKETS = Gauge("huleedu_websockets", "Open WebSockets", multiprocess_mode="livesum")
ORCHESTRATOR_CALLS = Counter(
    "huleedu_orchestrator_calls_total",
    "Calls of the remote orchestrator by outcome; key_refused wants an operator at once",
    ["outcome"],
)
ORCHESTRATOR_OPEN = Gauge(
    "huleedu_orchestrator_breaker_open", "Processes that do not ask the orchestrator now", multiprocess_mode="livesum"
)
ORCHESTRATOR_AWAY = Gauge(
    "huleedu_orchestrator_away", "Whether the last probe found no orchestrator", multiprocess_mode="mostrecent"
)
HANDOVERS_AGE = Gauge(
    "huleedu_handover_oldest_seconds", "Age of the oldest started batch not yet taken over",
    multiprocess_mode="mostrecent",
)  # fmt: skip
INTERNAL_REFUSED = Counter("huleedu_internal_api_refused_total", "Internal calls with a missing or wrong key")
