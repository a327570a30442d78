"""Who wants to know inside the process that a class's students changed: layers above, which this one cannot import."""

from __future__ import annotations

from collections.abc import Callable

_followers: list[Callable[[int], None]] = []


def follow(call: Callable[[int], None]) -> None:
    """Have `call` called with the class's primary key within the transaction of every change of its students."""
    if call not in _followers:
        _followers.append(call)


def tell_followers(class_pk: int) -> None:
    """Tell everybody that the class's students changed."""
    for call in _followers:
        call(class_pk)
