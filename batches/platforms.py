"""The learning platforms whose zips are recognised, by the names they go by."""

from __future__ import annotations

from batches.models import Batch

PLATFORMS = {
    "canvas": "Canvas",
    "moodle": "Moodle",
    "blackboard": "Blackboard",
    "brightspace": "Brightspace",
    "google": "Google Classroom",
    "teams": "Teams",
    "itslearning": "itslearning",
    "sakai": "Sakai",
    "gradescope": "Gradescope",
}
"""The contract's word for a source to the platform's own name."""


def platform_of(batch: Batch) -> str:
    """Which platform's zip the batch came in; empty for loose files and plain zips."""
    return PLATFORMS.get(batch.processing_metadata.get("source") or "", "")
