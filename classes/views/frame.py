"""What stands around every page of one class: its name, its tabs with counts, and what the person may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from classes.models import ClassCourse, ClassShare, RosterImport, SchoolClass
from huleedu.common.access import get_visible
from huleedu.common.requests import PageRequest


@dataclass(frozen=True, slots=True)
class Frame:
    """One class as one person sees it. Made by `class_frame`."""

    school_class: SchoolClass
    tab: str
    courses: tuple[ClassCourse, ...]
    shares: tuple[ClassShare, ...]
    is_owner: bool
    may_change: bool

    @property
    def is_archived(self) -> bool:
        """Whether nobody can change it."""
        return self.school_class.archived_at is not None

    @property
    def can_change(self) -> bool:
        """Whether this person may change it now."""
        return self.may_change and not self.is_archived

    @property
    def n_students(self) -> int:
        """Those who have not left."""
        return int(getattr(self.school_class, "n_students", 0))

    @property
    def n_batches(self) -> int:
        """Batches of the class, archived ones too."""
        return int(getattr(self.school_class, "n_batches", 0))

    @property
    def n_imports(self) -> int:
        """Lists that were imported, undone ones too."""
        return int(getattr(self.school_class, "n_imports", 0))


def class_frame(request: PageRequest, class_id: UUID, *, tab: str) -> Frame:
    """The frame of the page `tab`: students, batches, imports, history, settings, or import, which has no tabs.

    Raises Http404 for a stranger. Three statements.
    """
    imports = RosterImport.objects.filter(school_class=OuterRef("pk")).exclude(status=RosterImport.Status.PREVIEW)
    n_imports = imports.order_by().values("school_class").annotate(n=Count("pk")).values("n")
    # Batches are known here only as relations that the layer above adds.
    batches: Any = SchoolClass.objects.filter(pk=OuterRef("pk")).order_by().values("pk")
    n_batches = batches.annotate(n=Count("batches")).values("n")
    rows: Any = SchoolClass.objects.select_related("owner").with_counts()
    rows = rows.annotate(n_imports=Coalesce(Subquery(n_imports), 0), n_batches=Subquery(n_batches))
    school_class: SchoolClass = get_visible(rows, request.user, class_id)
    shares = tuple(school_class.shares.select_related("user").order_by("pk"))
    is_owner = school_class.owner_id == request.user.pk
    return Frame(
        school_class=school_class,
        tab=tab,
        courses=tuple(school_class.courses.all()),
        shares=shares,
        is_owner=is_owner,
        may_change=is_owner or any(share.user_id == request.user.pk and share.can_change for share in shares),
    )


def frame_context(frame: Frame, **more: Any) -> dict[str, Any]:
    """The context every template of a class expects, with `more` of the page's own."""
    return {"frame": frame, "school_class": frame.school_class, "tab": frame.tab, **more}
