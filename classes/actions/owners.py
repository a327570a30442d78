"""Another teacher's class: what changes in the class itself. Its students, batches and files are the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classes.actions.locks import audience
from classes.events import ClassChanged
from classes.models import RosterImport, SchoolClass
from huleedu.common.actions import part
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@part
def give_class(school_class: SchoolClass, *, to: User) -> None:
    """Let the locked class be `to`'s, who needs no share of it any more. Whoever sees or saw it is told.

    Lists on their way in that are the former owner's are dropped: they were compared with what that person may see.
    """
    before = audience(school_class)
    imports = RosterImport.objects.filter(school_class=school_class, created_by_id=school_class.owner_id)
    imports.filter(status=RosterImport.Status.PREVIEW).delete()
    for share in school_class.shares.filter(user=to):
        share.delete()
    school_class.owner = to
    school_class.save(update_fields=["owner", "updated_at"])
    everyone = sorted({*before, *audience(school_class)})
    publish(ClassChanged(class_id=school_class.public_id), audience=everyone)
