"""The part of the student panel that says how else a student is written."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from classes import actions
from classes.models import SchoolClass
from classes.views.frame import class_frame
from classes.views.students import filled_form, get_student, show_panel, to_student
from huleedu.common.access import get_editable
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, keeps_typed, uuid_or_none


@require_POST
@keeps_typed("spelling")
def teach(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Remember a spelling; one that cannot be is refused with the reason."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = get_student(request, class_id, student_id, school_class=school_class)
    try:
        alias = actions.teach_alias(student, spelling=request.POST.get("spelling", ""), actor=request.user)
    except ActionError as error:
        if error.code != "validation_error":
            raise
        frame = class_frame(request, class_id, tab="students")
        typed = request.POST.get("spelling", "")
        return show_panel(request, frame, filled_form(student), student=student, error=error, typed=typed)
    messages.success(request, _("“{spelling}” is remembered.").format(spelling=alias.spelling))
    return to_student(request, class_id, student_id)


@require_POST
def forget(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Forget the spelling with the id `alias`."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = get_student(request, class_id, student_id, school_class=school_class)
    alias_id = uuid_or_none(request.POST.get("alias", ""))
    if alias_id is None:
        raise ActionError("not_found", _("The spelling is not there any more."))
    actions.forget_alias(student, alias_id=alias_id, actor=request.user)
    messages.success(request, _("The spelling is forgotten."))
    return to_student(request, class_id, student_id)
