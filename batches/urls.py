"""The pages of batches. Every change is a form with its own address, so that all of it works without script."""

from __future__ import annotations

from django.urls import path

from batches.views import (
    activity,
    batch_class,
    batches,
    files,
    names,
    of_class,
    overview,
    printing,
    privacy,
    results,
    review,
    students,
    versions,
)

app_name = "batches"

_BATCH = "batches/<uuid:batch_id>/"
_FILE = f"{_BATCH}files/<uuid:file_id>/"
_STUDENT = "classes/<uuid:class_id>/students/<uuid:student_id>/"
_TEXT = f"{_BATCH}texts/<uuid:text_id>/"

urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("activity/", activity.activity, name="activity"),
    path("activity/seen/", activity.seen, name="activity-seen"),
    path("activity/<uuid:notice_id>/", activity.follow, name="activity-follow"),
    path("activity/<uuid:notice_id>/read/", activity.read, name="activity-read"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/students/", privacy.students, name="privacy-students"),
    path("privacy/students/<uuid:student_id>/", privacy.student, name="privacy-student"),
    path("privacy/students/<uuid:student_id>/export/", privacy.student_export, name="privacy-export"),
    path("privacy/students/<uuid:student_id>/delete/", privacy.student_delete, name="privacy-delete"),
    path("privacy/log/", privacy.log, name="privacy-log"),
    path("batches/", batches.batch_list, name="list"),
    path("batches/new/", batches.new, name="new"),
    path(_BATCH, files.detail, name="detail"),
    # The batch's own steps.
    path(f"{_BATCH}rename/", batches.rename, name="rename"),
    path(f"{_BATCH}title/", batches.title, name="title"),
    path(f"{_BATCH}class/", batch_class.choose_class, name="class"),
    path(f"{_BATCH}delete/", batches.delete, name="delete"),
    path(f"{_BATCH}lock/", batches.lock, name="lock"),
    path(f"{_BATCH}unlock/", batches.unlock, name="unlock"),
    path(f"{_BATCH}start/", batches.start, name="start"),
    path(f"{_BATCH}retry/", batches.retry, name="retry"),
    path(f"{_BATCH}keep-undecided/", batches.keep_undecided, name="keep-undecided"),
    path(f"{_BATCH}cancel/", batches.cancel, name="cancel"),
    path(f"{_BATCH}reopen/", batches.reopen, name="reopen"),
    path(f"{_BATCH}archive/", batches.archive, name="archive"),
    path(f"{_BATCH}names/", names.names, name="names"),
    path(f"{_BATCH}names/undo/", names.names_undo, name="names-undo"),
    path(f"{_BATCH}missing/", results.missing, name="missing"),
    path(f"{_BATCH}missing/<uuid:student_id>/excuse/", results.excuse, name="excuse"),
    path(f"{_BATCH}missing/<uuid:student_id>/expect/", results.expect, name="expect"),
    path(f"{_BATCH}print/", printing.texts, name="print"),
    path(f"{_BATCH}history/", results.history, name="history"),
    path(f"{_BATCH}export/", results.export, name="export"),
    # Its files.
    path(f"{_BATCH}upload/", files.upload, name="upload"),
    path(f"{_FILE}remove/", files.remove, name="file-remove"),
    path(f"{_FILE}restore/", files.restore, name="file-restore"),
    path(f"{_FILE}retry/", files.retry, name="file-retry"),
    path(f"{_FILE}paste/", files.paste, name="file-paste"),
    path(f"{_FILE}replace/", files.replace, name="file-replace"),
    path(f"{_FILE}download/", files.download, name="file-download"),
    # Of a class.
    path("classes/<uuid:class_id>/batches/", of_class.batches, name="of-class"),
    path("classes/<uuid:class_id>/history/", of_class.history, name="class-history"),
    # What students mean for texts.
    path(f"{_STUDENT}merge/", students.merge, name="student-merge"),
    path(f"{_STUDENT}merges/<uuid:merge_id>/undo/", students.unmerge, name="student-unmerge"),
    path(f"{_STUDENT}protect/", students.protect, name="student-protect"),
    # Whose texts they are.
    path(f"{_BATCH}review/", review.review, name="review"),
    path(f"{_BATCH}review/<uuid:text_id>/", review.review_text, name="review-text"),
    path(f"{_BATCH}rematch/", review.rematch, name="rematch"),
    path(f"{_BATCH}confirm/", review.confirm, name="confirm"),
    path(f"{_BATCH}undo/", review.undo, name="undo"),
    path(f"{_BATCH}texts/", review.texts, name="texts"),
    path(_TEXT, review.text, name="text"),
    path(f"{_TEXT}decide/", review.decide, name="decide"),
    path(f"{_TEXT}retry/", batches.retry_text, name="text-retry"),
    path(f"{_TEXT}count/", versions.count_version, name="count-version"),
    path(f"{_TEXT}teach/", review.teach, name="teach"),
]
