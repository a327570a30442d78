"""Every metric of the product, declared once. Labels hold states, never ids or names."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CLASSES_CREATED = Counter("classes_created_total", "Classes made")
STUDENTS_ADDED = Counter("students_added_total", "Students added by hand or by a class list")
FILES_READ = Counter("huleedu_files_read_total", "Files whose reading ended", ["status"])
READ_SECONDS = Histogram(
    "huleedu_file_read_seconds", "Seconds one file took to read", buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20)
)
MATCHES = Counter("huleedu_matches_total", "Suggestions written", ["certainty"])
DECISIONS = Counter("huleedu_decisions_total", "Decisions people took", ["kind"])
OUTBOX_WAITING = Gauge("huleedu_outbox_waiting", "Events not yet relayed", multiprocess_mode="mostrecent")
OUTBOX_AGE = Gauge("huleedu_outbox_oldest_seconds", "Age of the oldest waiting event", multiprocess_mode="mostrecent")
OUTBOX_DEAD = Gauge("huleedu_outbox_dead", "Events given up", multiprocess_mode="mostrecent")
SOCKETS = Gauge("huleedu_websockets", "Open WebSockets", multiprocess_mode="livesum")
