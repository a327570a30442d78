"""The API's door to batches: `/api/v1/batches/` and what hangs below it, and `/internal/v1/` for sister services."""
