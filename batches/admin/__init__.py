"""Support staff's view of classes, batches, files, texts and the log: states and counts, no titles, names or texts."""

from batches.admin import audit, batches, classes, files, texts  # noqa: F401  (each registers its lists)
