"""The result in a teacher's hands: a table (CSV or Excel), or the files, named by student or as their platform does."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from batches.exports.archives import zip_by_student, zip_for_source
from batches.exports.downloads import KINDS, attachment, stream
from batches.exports.table import csv_table, xlsx_table
from batches.models import Batch
from batches.platforms import platform_of
from huleedu.common.errors import ActionError

__all__ = ["KINDS", "NAMES", "attachment", "export_response"]

NAMES = ("students", "source")
"""How the files of a zip are named: after their students, or as the learning platform they came from named them."""


def export_response(batch: Batch, kind: str, names: str = "") -> HttpResponseBase:
    """`csv`, `xlsx` or `zip`; raises ActionError `validation_error` for anything else.

    `names` is for the zip: one of `NAMES`; empty means `source` where the batch came from a learning platform.
    """
    if kind not in KINDS:
        raise ActionError("validation_error", _("Choose csv, xlsx or zip."), field="format")
    if kind == "csv":
        return attachment(csv_table(batch), batch, _("result"), kind)
    if kind == "xlsx":
        return attachment(xlsx_table(batch), batch, _("result"), kind)
    names = names or ("source" if platform_of(batch) else "students")
    if names not in NAMES:
        raise ActionError("validation_error", _("Choose students or source."), field="names")
    if names == "source":
        return stream(zip_for_source(batch), batch, _("return"), kind)
    return stream(zip_by_student(batch), batch, _("files"), kind)
