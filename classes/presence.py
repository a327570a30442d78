"""Who else has a student's panel open just now, for those who may see the class. Looking locks nothing (ADR 25)."""

from __future__ import annotations

from classes.actions.locks import audience
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.realtime.presence import looks


def names_at(school_class: SchoolClass, student: Student, *, viewer: User) -> list[str]:
    """Names of the others, as far as they may see the class now. No statement where nobody is there, else two."""
    at = str(student.public_id)
    keys = {look.user_pk for look in looks(f"class:{school_class.public_id}") if look.at == at} - {viewer.pk}
    if not keys:
        return []
    allowed = keys & set(audience(school_class))
    return [person.name for person in User.objects.filter(pk__in=allowed, is_active=True).order_by("pk")]
