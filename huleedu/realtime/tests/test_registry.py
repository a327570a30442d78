"""Which names of resources can be followed."""

from __future__ import annotations

from classes.models import SchoolClass
from huleedu.realtime.registry import may_follow


def test_one_spelling_only(owned_class: SchoolClass) -> None:
    """Events name a resource in one way: a socket that follows another would wait for ever."""
    key = str(owned_class.public_id)
    assert may_follow(owned_class.owner, f"class:{key}")
    for other in (key.upper(), key.replace("-", ""), f"{{{key}}}", f"urn:uuid:{key}"):
        assert other == key or not may_follow(owned_class.owner, f"class:{other}")
