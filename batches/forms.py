"""What the pages of batches ask for. Forms check shape; rules are the actions'."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from batches.dates import check_year
from batches.models import Batch
from classes.models import CourseCode, SchoolClass
from files.extraction.cleaning import remove_personal_numbers
from huleedu.accounts.models import User
from huleedu.common.forms import ActionForm
from huleedu.common.once import key_field
from huleedu.common.text import clean_line


class ClassChoice(forms.ModelChoiceField[SchoolClass]):
    """A class by its name and school year; known by its public id."""

    def label_from_instance(self, obj: SchoolClass) -> str:
        """`SA24D, 2026/27`."""
        return f"{obj.designation}, {obj.school_year}"


def _due_date() -> forms.DateField:
    return forms.DateField(
        label=_("Due date"),
        required=False,
        validators=[check_year],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class _ClockForm(ActionForm):
    """What the clock does with a batch. Automatic confirmation is offered only where it is turned on."""

    review_by = forms.DateTimeField(
        label=_("To be reviewed by"),
        required=False,
        validators=[check_year],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("You are reminded before it."),
    )
    auto_confirm = forms.BooleanField(
        label=_("Confirm the certain matches then"),
        required=False,
        help_text=_(
            "Unsure matches are left for you. If the batch is locked before then, nothing is confirmed by itself."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.ENABLE_AUTO_CONFIRM:
            del self.fields["auto_confirm"]


class NewBatchForm(_ClockForm):
    """Title, class, dates; the course only where the class has several."""

    is_dropped = forms.BooleanField(required=False)  # sent by the page alone: the title is a dropped folder's name
    title = forms.CharField(label=_("Title"), max_length=200)
    school_class = ClassChoice(
        label=_("Class"),
        queryset=SchoolClass.objects.none(),
        required=False,
        empty_label=_("Without class"),
        to_field_name="public_id",
    )
    due = _due_date()
    course_code = forms.ChoiceField(label=_("Course"), required=False)
    key = key_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """`user` chooses among the classes that he or she may change."""
        super().__init__(*args, **kwargs)
        classes = SchoolClass.objects.editable_by(user).filter(archived_at=None).prefetch_related("courses")
        field = self.fields["school_class"]
        field.queryset = classes  # type: ignore[attr-defined]  # `fields` holds plain Fields for the checker
        if len(classes) == 1 and not self.initial.get("school_class"):
            self.initial["school_class"] = classes[0].public_id
        several = _courses_to_choose_from(classes)
        chosen = next((one for one in classes if str(one.public_id) == str(self.initial.get("school_class"))), None)
        self.initial.setdefault("auto_confirm", chosen is not None and chosen.auto_confirm)
        if "auto_confirm" in self.fields and any(one.auto_confirm for one in classes):
            # Another class has another default: it is shown, not only taken.
            ask = {"hx-get": reverse("batches:new"), "hx-trigger": "change", "hx-swap": "outerHTML"}
            field.widget.attrs |= {**ask, "hx-target": "#auto-confirm", "hx-select": "#auto-confirm"}
        course = self.fields["course_code"]
        course.choices = [("", _("The class's only course")), *several]  # type: ignore[attr-defined]  # as above
        if not several:
            del self.fields["course_code"]

    def clean_title(self) -> str:
        """A dropped folder's name as its files have it, without identity numbers: nobody typed it."""
        title: str = self.cleaned_data["title"]
        return remove_personal_numbers(clean_line(title))[0][:200] if self.cleaned_data["is_dropped"] else title

    def clean(self) -> dict[str, Any]:
        """The course must be one of the class's."""
        values = super().clean() or {}
        school_class, code = values.get("school_class"), values.get("course_code")
        if code and school_class and code not in {course.code for course in school_class.courses.all()}:
            self.add_error("course_code", _("The class does not read this course."))
        return values

    def as_changes(self) -> dict[str, Any]:
        """The keyword arguments of `create_batch`."""
        values = self.cleaned_data
        return {
            "title": values["title"],
            "school_class": values["school_class"],
            "course_code": values.get("course_code") or "",
            "due_at": end_of_day(values["due"]),
            "review_by": values["review_by"],
            "auto_confirm": values.get("auto_confirm", False),
            "key": values["key"],
        }


class RenameForm(_ClockForm):
    """Title and dates; `version` is the one the person saw."""

    title = forms.CharField(label=_("Title"), max_length=200)
    due = _due_date()
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, batch: Batch, **kwargs: Any) -> None:
        """No automatic confirmation where `batch` is locked."""
        super().__init__(*args, **kwargs)
        if batch.is_locked:
            self.fields.pop("auto_confirm", None)

    @classmethod
    def of(cls, batch: Batch, *, title: str | None = None) -> RenameForm:
        """Filled in with what the batch has now; with `title`, as if a person had sent it with that one."""
        now = {**values_of(batch), "version": batch.version}
        if title is None:
            return cls(initial=now, batch=batch)
        review_by = now["review_by"]
        sent = {**now, "title": title, "review_by": f"{review_by:%Y-%m-%dT%H:%M}" if review_by else ""}
        return cls({name: value for name, value in sent.items() if value not in (None, False)}, batch=batch)

    def as_changes(self) -> dict[str, Any]:
        """The `changes` of `update_batch`."""
        values = dict(self.cleaned_data)
        del values["version"]
        due = values.pop("due")
        return {**values, "due_at": end_of_day(due)}

    def differences(self, batch: Batch) -> list[tuple[str, str, str]]:
        """`(field's name, what the batch has now, what the person wrote)` where these differ."""
        now = values_of(batch)
        mine = {name: self.cleaned_data[name] for name in now if name in self.cleaned_data}
        return [
            (str(self.fields[name].label), _worded(now[name]), _worded(value))
            for name, value in mine.items()
            if value != now[name]
        ]


def values_of(batch: Batch) -> dict[str, Any]:
    """What `RenameForm` shows of the batch, to the minute."""
    review_by = timezone.localtime(batch.review_by) if batch.review_by else None
    return {
        "title": batch.title,
        "due": timezone.localtime(batch.due_at).date() if batch.due_at else None,
        "review_by": review_by.replace(second=0, microsecond=0) if review_by else None,
        "auto_confirm": batch.auto_confirm,
    }


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DAY_TIME")
    return formats.date_format(value, "DAY_YEAR") if isinstance(value, date) else str(value or "–")


class ClassForm(ActionForm):
    """The batch's class; `version` is the one the person saw."""

    school_class = ClassChoice(
        label=_("Class"),
        queryset=SchoolClass.objects.none(),
        required=False,
        empty_label=_("Without class"),
        to_field_name="public_id",
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, batch: Batch, **kwargs: Any) -> None:
        """`user` chooses among the classes that he or she may change; the only one is chosen already."""
        super().__init__(*args, **kwargs)
        classes = SchoolClass.objects.editable_by(user).filter(archived_at=None)
        self.fields["school_class"].queryset = classes  # type: ignore[attr-defined]  # as in NewBatchForm
        only = classes[0] if batch.school_class is None and len(classes) == 1 else batch.school_class
        self.initial = {"school_class": only.public_id if only else None, "version": batch.version}


class UnlockForm(forms.Form):
    """Why the files are opened again; it stays in the history."""

    reason = forms.CharField(label=_("Why?"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_reason(self) -> str:
        """Words, not only signs that nobody sees."""
        reason = clean_line(self.cleaned_data["reason"])
        if not reason:
            raise forms.ValidationError(_("Write a reason."))
        return reason


class ReopenForm(forms.Form):
    """Why an ended batch is opened again; it stays in the history."""

    reason = forms.CharField(
        label=_("Why?"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip


class DeleteForm(forms.Form):
    """Something goes for good: a word is typed, so that no slip of the hand does it."""

    word = forms.CharField(
        label="", max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The word is one of the person's own language."""
        super().__init__(*args, **kwargs)
        self.fields["word"].label = self._asked()

    def clean_word(self) -> str:
        """The word, in capitals or not."""
        word: str = self.cleaned_data["word"]
        if word.strip().casefold() != pgettext("to be typed", "delete").casefold():
            raise forms.ValidationError(self._asked())
        return word

    @staticmethod
    def _asked() -> str:
        return _("Type the word %(word)s.") % {"word": pgettext("to be typed", "delete")}


class PasteForm(forms.Form):
    """The text of a file that cannot be read."""

    text = forms.CharField(
        label=_("The text"), max_length=2_000_000, strip=False, widget=forms.Textarea(attrs={"rows": 20})
    )

    def clean_text(self) -> str:
        """Not only spaces."""
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError(_("Paste the text here."))
        return text


def end_of_day(day: Any) -> datetime | None:
    """A due date ends with its day, in the installation's time zone."""
    return timezone.make_aware(datetime.combine(day, time(23, 59))) if day else None


def _courses_to_choose_from(classes: QuerySet[SchoolClass]) -> list[tuple[str, str]]:
    """The courses of those classes that have more than one."""
    codes: set[str] = set()
    for school_class in classes:
        own = {course.code for course in school_class.courses.all()}
        if len(own) > 1:
            codes |= own
    return [(code.value, str(code.label)) for code in CourseCode if code in codes]
