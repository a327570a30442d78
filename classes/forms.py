"""What the pages of classes take. The rules themselves are the actions' business: forms keep what was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from classes.models import ClassCourse, CourseCode, SchoolClass, current_school_year, next_school_year
from classes.rosters.grid import MAX_BYTES
from classes.rosters.headings import FIELDS
from classes.rosters.names import split_full_name
from classes.rosters.parsing import Column, ParsedRoster
from classes.rosters.school_data import is_school_data
from huleedu.common.forms import ActionForm
from huleedu.common.once import key_field


def school_years(current: str = "") -> list[tuple[str, str]]:
    """Last, this and next school year, and the one a class has."""
    start = int(current_school_year()[:4])
    years = {f"{year}/{(year + 1) % 100:02d}" for year in range(start - 1, start + 2)} | ({current} - {""})
    return [(year, year) for year in sorted(years)]


class ClassForm(ActionForm):
    """Name, courses and school year of a class."""

    designation = forms.CharField(label=_("Name"), max_length=100, help_text=_("As you say it, for example SA24D."))
    courses = forms.MultipleChoiceField(
        label=_("Courses"), required=False, choices=CourseCode.choices, widget=forms.CheckboxSelectMultiple
    )
    school_year = forms.ChoiceField(label=_("School year"), help_text=_("August to June."))

    def __init__(self, *args: Any, school_class: SchoolClass | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        year = school_class.school_year if school_class else ""
        field = self.fields["school_year"]
        if isinstance(field, forms.ChoiceField):
            field.choices = school_years(year)
        field.initial = year or current_school_year()


class NewClassForm(ClassForm):
    """One that is to be made."""

    key = key_field()


class SettingsForm(ClassForm):
    """The class as it is; and what its new batches begin with, where automatic confirmation is turned on."""

    auto_confirm = forms.BooleanField(
        label=_("Confirm the certain matches of new batches by themselves"),
        required=False,
        help_text=_("When a batch is to be reviewed by a time. It can be turned off for each batch."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.ENABLE_AUTO_CONFIRM:
            del self.fields["auto_confirm"]


class CopyForm(NewClassForm):
    """Next year's class: as this one, with the students who are ticked."""

    student_ids = forms.TypedMultipleChoiceField(
        label=_("Students who go on"), required=False, coerce=UUID, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args: Any,
        school_class: SchoolClass,
        courses: Iterable[ClassCourse],
        students: Iterable[Mapping[str, Any]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, school_class=school_class, **kwargs)
        names = [(str(s["public_id"]), f"{s['family_name']} {s['given_name']}".strip()) for s in students]
        following = next_school_year(school_class.school_year)
        year, ticks = self.fields["school_year"], self.fields["student_ids"]
        if isinstance(year, forms.ChoiceField) and isinstance(ticks, forms.ChoiceField):
            year.choices = school_years(following)
            ticks.choices = names
        year.initial = following
        ticks.initial = [key for key, _name in names]
        self.fields["designation"].initial = school_class.designation
        self.fields["courses"].initial = [course.code for course in courses]


class ShareForm(ActionForm):
    """A colleague, and what they may do."""

    email = forms.EmailField(label=_("Colleague's e-mail address"), max_length=254)
    can_change = forms.TypedChoiceField(
        label=_("May"),
        choices=[("", _("only read")), ("yes", _("read and change"))],
        coerce=lambda value: value == "yes",
        empty_value=False,  # type: ignore[arg-type]  # the stubs think of text only
        required=False,
    )


class StudentForm(ActionForm):
    """A student's names and address. A single name is enough."""

    given_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    family_name = forms.CharField(label=_("Surname"), max_length=150, required=False)
    preferred_name = forms.CharField(
        label=_("Preferred name"),
        max_length=150,
        required=False,
        help_text=_("Shown in lists and used when matching texts."),
    )
    email = forms.CharField(
        label=_("School e-mail"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound and not self.initial:
            self.fields["given_name"].widget.attrs["autofocus"] = True
        for name in ("given_name", "family_name", "preferred_name"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}


class NewStudentForm(StudentForm):
    """One who is to be added."""

    key = key_field()


_BOTH_GIVEN = _(
    "You gave a pasted list and a file, and one is read at a time. Send the pasted list as it stands here, "
    "or empty the field and choose the file again."
)


class ImportForm(ActionForm):
    """A class list: pasted, or a file."""

    key = key_field()
    text = forms.CharField(
        label=_("Paste the list"),
        required=False,
        strip=False,
        # No autocomplete="off": with it the browser would not give back, after a broken page, what was pasted.
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_("From Excel, a school system or an e-mail: one student a line, with or without headings."),
    )
    file = forms.FileField(
        label=_("or choose a file"),
        required=False,
        allow_empty_file=True,
        max_length=None,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xls,.ods,.htm,.html,.zip"}),
        help_text=_("CSV, Excel, or a OneRoster or School Data Sync zip, at most 5 MB and 5,000 students."),
    )

    def clean_file(self) -> UploadedFile | None:
        """Not larger than a class list can be."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(_("A class list may be at most 5 MB."))
        return file

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned = super().clean() or {}
        text = (cleaned.get("text") or "").strip()
        if not self.errors and not cleaned.get("file") and not text:
            self.add_error("text", _("Paste a list, or choose a file."))
        elif cleaned.get("file") and text:
            self.add_error("text", _BOTH_GIVEN)
        return cleaned

    def content(self) -> tuple[bytes | str, str]:
        """What was given, and the file's name."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None:
            return file.read(), file.name or ""
        return self.cleaned_data["text"], ""


ENCODINGS = [
    ("", _("found by itself")),
    ("utf-8", _("UTF-8")),
    ("cp1252", _("Windows text")),
    ("mac_roman", _("Mac text")),
    ("cp850", _("DOS text")),
    ("utf-16-le", _("Unicode text (UTF-16)")),
]

FIELD_LABELS = {
    "given_name": _("First name"),
    "family_name": _("Surname"),
    "full_name": _("Whole name"),
    "preferred_name": _("Preferred name"),
    "email": _("School e-mail"),
    "class": _("Class"),
    "canvas": _("Canvas number"),
    "moodle_participant": _("Moodle number"),
    "sakai": _("Sakai name"),
    "sis": _("Student register number"),
    "brightspace": _("Brightspace number"),
    "github": _("GitHub name"),
    "huleedu": _("HuleEdu number"),
    "oneroster": _("OneRoster number"),
    "sds": _("Microsoft School Data Sync number"),
    "student_id": _("Student number"),
    "login": _("User name"),
    "protected": _("Protected identity"),
    "role": _("Role"),
}


def named_columns(parsed: ParsedRoster) -> tuple[Column, ...]:
    """The columns with headings to show: those of a school system's zip are put together here, so they are words."""
    if not is_school_data(parsed.source):
        return parsed.columns
    return tuple(
        replace(column, header=str(FIELD_LABELS[column.header])) if column.header in FIELD_LABELS else column
        for column in parsed.columns
    )


class ColumnsForm(ActionForm):
    """What each column of a list is, how the file is written, and in which order names in one column are."""

    encoding = forms.ChoiceField(label=_("Read the file as"), choices=ENCODINGS, required=False)
    order = forms.ChoiceField(
        choices=[("given", _("First name first")), ("family", _("Surname first"))], widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, parsed: ParsedRoster, is_text: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_text or not parsed.is_text:
            del self.fields["encoding"]
        self.examples = parsed.order_examples
        self.fields["order"].initial = "family" if parsed.surname_first else "given"
        if not self.examples:
            del self.fields["order"]
        self.columns = named_columns(parsed)
        choices = [("", _("Not used")), *((name, FIELD_LABELS[name]) for name in FIELDS)]
        for column in self.columns:
            self.fields[f"columns.{column.index}"] = forms.ChoiceField(
                label=column.header or _("Column without a heading"),
                choices=choices,
                initial=column.field or "",
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        """An encoding or an order that is none is told also of a list that is not asked about it."""
        for name in {"encoding", "order"} - self.fields.keys():
            field = self.base_fields[name]
            value = self.data.get(name, "")
            if value and isinstance(field, forms.ChoiceField) and not field.valid_value(value):
                self.add_error(None, field.error_messages["invalid_choice"] % {"value": value})
        return super().clean() or {}

    def shown(self) -> list[tuple[Any, forms.BoundField]]:
        """Each column with its menu."""
        return [(column, self[f"columns.{column.index}"]) for column in self.columns]

    def orders(self) -> list[tuple[Any, list[tuple[str, str, str]]]]:
        """Each order to choose, with the example names and what is first name and surname of them then."""
        if "order" not in self.fields:
            return []
        return [
            (
                tick,
                [
                    (full, *split_full_name(full, email=email, surname_first=tick.data["value"] == "family"))
                    for full, email in self.examples
                ],
            )
            for tick in self["order"]
        ]

    def changes(self) -> dict[str, Any]:
        """As `actions.revise_import` takes them. An order that the list itself tells is not kept."""
        columns = {str(column.index): self.cleaned_data[f"columns.{column.index}"] for column in self.columns}
        encoding = self.cleaned_data.get("encoding", "")
        if encoding != self.initial.get("encoding", ""):
            return {"encoding": encoding, "columns": {}}  # other headings may be seen then
        order = self.cleaned_data.get("order")
        if not order or order == self.fields["order"].initial:
            return {"columns": columns}
        return {"columns": columns, "surname_first": order == "family"}
