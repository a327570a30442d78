"""A Celery application whose only task fails as a database does: with a student's address in the message."""

from __future__ import annotations

from huleedu.celery import app

__all__ = ["app"]
QUEUE = "failing"
MESSAGE = "Key (email)=(alva.holm@skola.example) already exists"


@app.task(name="huleedu.failing")
def fail(word: str) -> None:
    """Raise; `word` stands for whatever a task is given."""
    raise ValueError(MESSAGE)
