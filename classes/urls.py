"""The pages of classes, students and class lists."""

from __future__ import annotations

from django.urls import path

from classes.views import aliases, classes, imports, several, students

app_name = "classes"

_CLASS = "<uuid:class_id>/"
_STUDENT = f"{_CLASS}students/<uuid:student_id>/"
_IMPORT = f"{_CLASS}import/<uuid:import_id>/"

urlpatterns = [
    path("", classes.index, name="list"),
    path("new/", classes.new, name="new"),
    path(_CLASS, classes.detail, name="detail"),
    path(f"{_CLASS}settings/", classes.edit, name="edit"),
    path(f"{_CLASS}archive/", classes.archive, name="archive"),
    path(f"{_CLASS}restore/", classes.restore, name="restore"),
    path(f"{_CLASS}delete/", classes.delete, name="delete"),
    path(f"{_CLASS}export/", classes.export, name="export"),
    path(f"{_CLASS}copy/", classes.copy, name="copy"),
    path(f"{_CLASS}shares/", classes.share, name="share"),
    path(f"{_CLASS}shares/<uuid:user_id>/remove/", classes.unshare, name="unshare"),
    path(f"{_CLASS}students/several/", several.several, name="several"),
    path(f"{_CLASS}left/<uuid:leaving_id>/undo/", several.undo, name="leaving-undo"),
    path(f"{_CLASS}students/new/", students.add, name="student-add"),
    path(_STUDENT, students.edit, name="student"),
    path(f"{_STUDENT}spellings/", aliases.teach, name="student-teach"),
    path(f"{_STUDENT}spellings/forget/", aliases.forget, name="student-forget"),
    path(f"{_STUDENT}numbers/forget/", students.forget_number, name="student-forget-number"),
    path(f"{_STUDENT}remove/", students.remove, name="student-remove"),
    path(f"{_STUDENT}return/", students.put_back, name="student-return"),
    path(f"{_CLASS}import/", imports.new, name="import"),
    path(f"{_IMPORT}columns/", imports.columns, name="import-columns"),
    path(f"{_IMPORT}check/", imports.check, name="import-check"),
    path(f"{_IMPORT}progress/", imports.progress, name="import-progress"),
    path(f"{_IMPORT}apply/", imports.apply, name="import-apply"),
    path(f"{_IMPORT}done/", imports.done, name="import-done"),
    path(f"{_IMPORT}undo/", imports.undo, name="import-undo"),
    path(f"{_CLASS}imports/", imports.history, name="imports"),
]
