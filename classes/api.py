"""The API's door to classes, students and class lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from classes import actions
from classes.actions.identity import open_panel
from classes.exports import export_class
from classes.models import ClassShare, Leaving, RosterImport, SchoolClass, Student
from classes.reads import class_json, class_rows, roster_rows, student_json
from classes.serializers import (
    ClassInput,
    ClassSerializer,
    CopyInput,
    LeavingSerializer,
    RosterInput,
    RosterRevision,
    ShareInput,
    ShareSerializer,
    StudentInput,
    StudentSerializer,
)
from classes.undoing import read_leavings
from huleedu.common.access import get_editable, get_owned, get_visible
from huleedu.common.api import ApiViewSet
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.pagination import RowPagination
from huleedu.common.parsers import SafeJSONParser


def _validated(
    serializer_class: type[serializers.Serializer[Any]], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    serializer = serializer_class(data=request.data, partial=partial)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class ClassViewSet(ApiViewSet):
    """Classes."""

    serializer_class = ClassSerializer
    queryset = SchoolClass.objects.none()
    lookup_url_kwarg = "id"
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    pagination_class = RowPagination

    def _answer(self, school_class: SchoolClass, *, code: int = 200) -> Response:
        rows = class_rows(self.person, archived=None).filter(pk=school_class.pk)
        return Response(class_json(rows[0], self.person), status=code)

    @extend_schema(
        parameters=[
            OpenApiParameter("archived", bool),
            OpenApiParameter("school_year", str),
            OpenApiParameter("search", str),
        ],
        responses=ClassSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """The classes, archived ones only with `?archived=true` (or `all`). One statement."""
        query = request.query_params
        archived = {"true": True, "1": True, "all": None}.get(query.get("archived", ""), False)
        rows = class_rows(
            self.person, archived=archived, school_year=query.get("school_year", ""), search=query.get("search", "")
        )
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response([class_json(row, self.person) for row in page])

    @extend_schema(request=ClassInput, responses={201: ClassSerializer})
    def create(self, request: Request) -> Response:
        """Make a class."""
        values = _validated(ClassInput, request)
        return self._answer(actions.create_class(self.person, **values, actor=self.person), code=201)

    def retrieve(self, request: Request, id: UUID) -> Response:
        """One class."""
        return self._answer(get_visible(SchoolClass.objects, self.person, id))

    @extend_schema(request=ClassInput, responses=ClassSerializer)
    def partial_update(self, request: Request, id: UUID) -> Response:
        """Change name, school year or courses."""
        school_class = get_editable(SchoolClass.objects, self.person, id)
        values = _validated(ClassInput, request, partial=True)
        return self._answer(actions.update_class(school_class, changes=values, actor=self.person))

    def destroy(self, request: Request, id: UUID) -> Response:
        """Delete a class without texts; 409 `has_texts` otherwise."""
        actions.delete_class(get_owned(SchoolClass.objects, self.person, id), actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=ClassSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, id: UUID) -> Response:
        """Put the class away."""
        school_class = get_owned(SchoolClass.objects, self.person, id)
        return self._answer(actions.archive_class(school_class, actor=self.person))

    @extend_schema(request=None, responses=ClassSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, id: UUID) -> Response:
        """Take the class back."""
        school_class = get_owned(SchoolClass.objects, self.person, id)
        return self._answer(actions.restore_class(school_class, actor=self.person))

    @extend_schema(
        parameters=[OpenApiParameter("format", str, enum=["csv", "xlsx"])],
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    @action(detail=True, methods=["get"])
    def export(self, request: Request, id: UUID) -> HttpResponse:
        """The class list as CSV or Excel; imported again it changes nothing."""
        school_class = get_visible(SchoolClass.objects, self.person, id)
        answer = export_class(school_class, request.query_params.get("format", "csv"))
        log_read(school_class, "class_list", actor=self.person)
        return answer

    @extend_schema(request=CopyInput, responses={201: ClassSerializer})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, id: UUID) -> Response:
        """Next year's class from this one, with its students or those of `student_ids` (owner only)."""
        school_class = get_owned(SchoolClass.objects, self.person, id)
        values = _validated(CopyInput, request)
        return self._answer(actions.copy_class(school_class, **values, actor=self.person), code=201)

    @extend_schema(methods=["GET"], responses=ShareSerializer(many=True))
    @extend_schema(methods=["POST"], request=ShareInput, responses={201: ShareSerializer})
    @action(detail=True, methods=["get", "post"])
    def shares(self, request: Request, id: UUID) -> Response:
        """Colleagues with access; POST adds or changes one (owner only)."""
        school_class = get_owned(SchoolClass.objects, self.person, id)
        if request.method == "POST":
            share = actions.share_class(school_class, **_validated(ShareInput, request), actor=self.person)
            return Response(ShareSerializer(share).data, status=status.HTTP_201_CREATED)
        return Response(ShareSerializer(school_class.shares.select_related("user"), many=True).data)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path="shares/<uuid:user_id>")
    def unshare(self, request: Request, id: UUID, user_id: UUID) -> Response:
        """Take a colleague's access back (owner only)."""
        school_class = get_owned(SchoolClass.objects, self.person, id)
        share = ClassShare.objects.filter(school_class=school_class, user__public_id=user_id).first()
        if share is None:
            raise Http404
        actions.remove_share(school_class, share=share, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RosterViewSet(ApiViewSet):
    """The students of one class."""

    serializer_class = StudentSerializer
    queryset = Student.objects.none()
    pagination_class = RowPagination

    @extend_schema(parameters=[OpenApiParameter("search", str)], responses=StudentSerializer(many=True))
    def list(self, request: Request, class_id: UUID) -> Response:
        """Those who have not left, by surname. Two statements: the class, the students."""
        school_class = get_visible(SchoolClass.objects, self.person, class_id)
        page = self.paginate_queryset(roster_rows(school_class, search=request.query_params.get("search", ""))) or []
        return self.get_paginated_response([student_json(row) for row in page])

    @extend_schema(request=StudentInput, responses={201: StudentSerializer})
    def create(self, request: Request, class_id: UUID) -> Response:
        """Add a new student, or with `student_id` one that is there already."""
        school_class = get_editable(SchoolClass.objects, self.person, class_id)
        values = _validated(StudentInput, request)
        key = values.pop("student_id", None)
        if key is not None:
            student = get_visible(Student.objects, self.person, key)
            student = actions.enrol_student(school_class, student=student, actor=self.person)
        else:
            student = actions.add_student(school_class, values=values, actor=self.person)
        return Response(StudentSerializer(student).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=LeavingSerializer)
    def undo(self, request: Request, class_id: UUID, leaving_id: UUID) -> Response:
        """Put those back who left together, or were moved; a second time nobody."""
        school_class = get_editable(SchoolClass.objects, self.person, class_id)
        found = Leaving.objects.select_related("school_class", "moved_to").filter(school_class=school_class)
        leaving = found.filter(public_id=leaving_id).first()
        if leaving is None:
            raise Http404
        if leaving.moved_to is not None:
            get_editable(SchoolClass.objects, self.person, leaving.moved_to.public_id)
        actions.undo_leaving(leaving, actor=self.person)
        leaving.refresh_from_db()
        return Response(LeavingSerializer(leaving).data)

    @extend_schema(responses=LeavingSerializer(many=True))
    def left(self, request: Request, class_id: UUID) -> Response:
        """Who left in the last 30 days, together and not taken back, newest first. Three statements."""
        school_class = get_editable(SchoolClass.objects, self.person, class_id)
        return Response([LeavingSerializer(left.leaving).data for left in read_leavings(school_class)])

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, class_id: UUID, student_id: UUID) -> Response:
        """Mark the student as having left. Texts stay; `left/` says how to take it back."""
        school_class = get_editable(SchoolClass.objects, self.person, class_id)
        student = get_visible(Student.objects, self.person, student_id)
        actions.remove_student(school_class, student=student, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)


class StudentViewSet(ApiViewSet):
    """All students the person may see."""

    serializer_class = StudentSerializer
    queryset = Student.objects.none()
    lookup_url_kwarg = "id"
    lookup_field = "public_id"
    lookup_value_converter = "uuid"

    def list(self, request: Request) -> Response:
        """By surname."""
        rows = Student.objects.visible_to(self.person).by_name()
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(StudentSerializer(page, many=True).data)

    def retrieve(self, request: Request, id: UUID) -> Response:
        """One student."""
        student = get_visible(Student.objects, self.person, id)
        open_panel(student, actor=self.person)
        return Response(StudentSerializer(student).data)

    @extend_schema(request=StudentInput, responses=StudentSerializer)
    def partial_update(self, request: Request, id: UUID) -> Response:
        """Change names or address."""
        student = get_editable(Student.objects, self.person, id)
        values = _validated(StudentInput, request, partial=True)
        values.pop("student_id", None)
        student = actions.update_student(student, changes=values, actor=self.person)
        return Response(StudentSerializer(student).data)

    def destroy(self, request: Request, id: UUID) -> Response:
        """Delete a student without texts; 409 `has_texts` otherwise."""
        student = get_visible(Student.objects, self.person, id)
        if student.created_by_id != self.person.pk:
            raise ActionError("permission_denied", _("Only the owner can do this."))
        actions.delete_student(student, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RosterImportViewSet(ApiViewSet):
    """Class lists on their way in."""

    serializer_class = RosterInput
    queryset = RosterImport.objects.none()

    def get_parsers(self) -> list[Any]:
        """A file comes as multipart, a pasted list as JSON."""
        return [MultiPartParser(), SafeJSONParser()]

    def _import(self) -> RosterImport:
        """A draft holds what is not in the class yet: only those who may change the class see it."""
        school_class = get_editable(SchoolClass.objects, self.person, self.kwargs["class_id"])
        rows = RosterImport.objects.select_related("school_class", "created_by").filter(school_class=school_class)
        found = rows.filter(public_id=self.kwargs["import_id"]).first()
        if found is None:
            raise Http404
        return found

    @extend_schema(request=RosterInput, responses={201: OpenApiTypes.OBJECT})
    def create(self, request: Request, class_id: UUID) -> Response:
        """A preview of a list: multipart `file`, or JSON `text`. Nothing is saved in the class."""
        school_class = get_editable(SchoolClass.objects, self.person, class_id)
        upload = request.FILES.get("file")
        if upload is not None:
            if (upload.size or 0) > 5_000_000:
                raise ActionError("file_too_large", _("A class list may be at most 5 MB."), field="file")
            data: bytes | str = upload.read()
        else:
            data = _validated(RosterInput, request)["text"]
        name = (upload.name or "") if upload is not None else ""
        made = actions.preview_roster(school_class, data=data, file_name=name, actor=self.person)
        return Response(actions.build_preview(made), status=status.HTTP_201_CREATED)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def retrieve(self, request: Request, class_id: UUID, import_id: UUID) -> Response:
        """The preview."""
        return Response(actions.build_preview(self._import()))

    @extend_schema(request=RosterRevision, responses=OpenApiTypes.OBJECT)
    def partial_update(self, request: Request, class_id: UUID, import_id: UUID) -> Response:
        """Read the list another way or correct rows; answers the new preview."""
        values = _validated(RosterRevision, request, partial=True)
        revised = actions.revise_import(self._import(), changes=values, actor=self.person)
        return Response(actions.build_preview(revised))

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def apply(self, request: Request, class_id: UUID, import_id: UUID) -> Response:
        """Save what the preview shows; a second time changes nothing."""
        applied = actions.apply_import(self._import(), actor=self.person)
        return Response(actions.build_preview(applied))

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def undo(self, request: Request, class_id: UUID, import_id: UUID) -> Response:
        """Put everything back; a second time changes nothing."""
        undone = actions.undo_import(self._import(), actor=self.person)
        return Response(actions.build_preview(undone))
