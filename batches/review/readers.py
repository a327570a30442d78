"""Who else has a batch open just now, and at which text, for those who may see it. Looking locks nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from batches.models import Batch
from huleedu.accounts.models import User
from huleedu.realtime.presence import looks


class People(tuple[User, ...]):
    """Colleagues, in the order of their accounts."""

    @property
    def names(self) -> str:
        """As a sentence lists them."""
        return ", ".join(person.name for person in self)


@dataclass(frozen=True, slots=True)
class Readers:
    """All who are here, and those who read a text by its public id."""

    here: People = field(default_factory=People)
    of_text: Mapping[str, People] = field(default_factory=dict)


def read_readers(batch: Batch, *, viewer: User) -> Readers:
    """The others, as far as they may see the batch now. Two statements where somebody is here, three with a class."""
    seen = [look for look in looks(f"batch:{batch.public_id}") if look.user_pk != viewer.pk]
    if not seen:
        return Readers()
    keys = {look.user_pk for look in seen} & set(batch.audience())
    here = People(User.objects.filter(pk__in=keys, is_active=True).order_by("pk"))
    at: dict[str, set[int]] = defaultdict(set)
    for look in seen:
        at[look.at].add(look.user_pk)
    return Readers(here, {text: People(person for person in here if person.pk in at[text]) for text in at if text})
