"""Support staff's view of batches, files, texts and the log: states and counts, never a title, name or text."""

from batches.admin import audit, batches, files, texts  # noqa: F401  (each registers its lists)
