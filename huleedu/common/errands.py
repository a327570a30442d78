"""Errands of support staff: chosen in a list, looked at beforehand, given a reason, done row by row.

Each calls the action behind the teacher's own button, under the same locks; what an action refuses is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from huleedu.common.audit import ERRANDS, REASON_LENGTH, Errand, on_errand
from huleedu.common.errors import ActionError
from huleedu.common.once import key_field, sent_once
from huleedu.common.requests import PageRequest
from huleedu.common.text import clean_line

if TYPE_CHECKING:
    from huleedu.common.admin import ReadOnlyAdmin

MOST = 100
"""Rows of one errand."""
SAID = 10
"""Refusals that are told one by one."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person chooses before an errand can be looked at.

    `choices(rows)` gives values and words; it raises ActionError where there is nothing to choose.
    """

    asked: str | Promise
    choices: Callable[[Sequence[Any]], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class ErrandKind:
    """One of `huleedu.common.audit.ERRANDS` as a list offers it.

    `run(aim, actor)` calls the action; `preview(aim)` says what it would do, with counts, and raises the ActionError it
    would end with; `about(aim)` is what the log and the teacher's history know it by.

    The aim is the row. Where an errand must find more, `aim(row, seen)` gives both: `seen` is None at the first look,
    or the answer to the `question`; then what `seen(aim)` gave, which the page carries. So nothing is done but what was
    looked at; where that no longer fits `aim` raises the ActionError that says so. `allow(aim, actor)` raises one where
    it depends on who does it.
    """

    did: str
    explained: str | Promise
    run: Callable[[Any, Any], object]
    preview: Callable[[Any], str]
    about: Callable[[Any], Model] = lambda aim: aim
    part: Callable[[Any], str] = lambda aim: ""
    aim: Callable[[Any, str | None], Any] = lambda row, seen: row
    seen: Callable[[Any], str] = lambda aim: ""
    question: Question | None = None
    allow: Callable[[Any, Any], None] = lambda aim, actor: None

    @property
    def label(self) -> str | Promise:
        """What the button says."""
        return ERRANDS[self.did]

    def look(self, row: Any, seen: str | None, actor: Any) -> tuple[str, str]:
        """In words what would happen to the row, and what the page carries of it. Raises ActionError where nothing."""
        aim = self.aim(row, seen)
        self.allow(aim, actor)
        return self.preview(aim), self.seen(aim)

    def can_be_done(self, row: Any, actor: Any) -> bool:
        """Whether it can be done with the row alone, now."""
        try:
            if self.question is None:
                self.look(row, None, actor)
            else:
                self.question.choices([row])
        except ActionError:
            return False
        return True

    def do(self, row: Any, seen: str, reason: str, actor: Any) -> None:
        """Do it, with its trace. Raises ActionError where it cannot be done, and nothing has changed."""
        aim = self.aim(row, seen)
        self.allow(aim, actor)
        with on_errand(Errand(did=self.did, row=self.about(aim), reason=reason, part=self.part(aim))):
            self.run(aim, actor)


class ReasonForm(forms.Form):
    """Why: without a reason nothing is done."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("The teacher reads it in the access log. Write no names of students."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    key = key_field()

    def clean_reason(self) -> str:
        """Words, not only spaces or signs that nobody sees."""
        reason = clean_line(self.cleaned_data["reason"])
        if not reason:
            raise forms.ValidationError(_("Write a reason."))
        return reason


class AnswerForm(forms.Form):
    """The answer to the question of an errand. Raises ActionError where there is nothing to choose."""

    answer = forms.ChoiceField()

    def __init__(self, question: Question, rows: Sequence[Any], data: QueryDict | None) -> None:
        super().__init__(data)
        choices = [("", _("Choose")), *question.choices(rows)]
        self.fields["answer"] = forms.ChoiceField(label=str(question.asked), choices=choices)


def as_action(kind: ErrandKind) -> Callable[[ReadOnlyAdmin, PageRequest, QuerySet[Any]], HttpResponse | None]:
    """What Django's list calls with the chosen rows."""

    def act(desk: ReadOnlyAdmin, request: PageRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        rows = list(chosen[: MOST + 1])
        if len(rows) > MOST:
            messages.error(request, _("Choose at most %d at a time.") % MOST)
            return None
        form = ReasonForm(request.POST if "confirmed" in request.POST else None)
        if form.is_bound and form.is_valid():
            key, address = form.cleaned_data["key"], f"{request.path}{kind.did}"
            with sent_once(request.user, key, form=address) as is_first:
                if is_first:
                    _do(desk, request, kind, rows, form.cleaned_data["reason"])
                else:
                    messages.info(request, _("This was sent already. The history says what came of it."))
            return redirect(request.get_full_path())
        if kind.question is None or form.is_bound:
            return _confirm_page(desk, request, kind, rows, form)
        try:
            asked = AnswerForm(kind.question, rows, request.POST if "answer" in request.POST else None)
        except ActionError as refusal:
            messages.error(request, str(refusal.message))
            return None
        if not asked.is_valid():
            return _page(desk, request, kind, asked, sent=[(row, "") for row in rows])
        return _confirm_page(desk, request, kind, rows, form, answer=asked.cleaned_data["answer"])

    return act


def _seen(request: PageRequest, row: Any) -> str:
    """What of the row was looked at, as the page has carried it."""
    return request.POST.get(f"seen-{row.pk}", "")


def _confirm_page(
    desk: ReadOnlyAdmin,
    request: PageRequest,
    kind: ErrandKind,
    rows: Sequence[Any],
    form: ReasonForm,
    *,
    answer: str | None = None,
) -> HttpResponse:
    """What will happen to each row, and what will be refused, before anything does."""
    will, refused, sent = [], [], []
    for row in rows:
        try:
            words, seen = kind.look(row, _seen(request, row) if form.is_bound else answer, request.user)
            will.append((desk.title_of(row), words))
            sent.append((row, seen))
        except ActionError as refusal:
            refused.append((desk.title_of(row), refusal.message))
    return _page(desk, request, kind, form, sent=sent, will=will, refused=refused)


def _page(
    desk: ReadOnlyAdmin,
    request: PageRequest,
    kind: ErrandKind,
    form: forms.Form,
    *,
    sent: Sequence[tuple[Any, str]],
    **told: Sequence[tuple[str, str | Promise]],
) -> HttpResponse:
    """A form of an errand with the rows it sends, and of each what was looked at; none where nothing can be done."""
    context = {
        **desk.admin_site.each_context(request),
        "title": kind.label,
        "kind": kind,
        "form": form,
        "sent": sent,
        "list_name": capfirst(desk.named()[1]),
        "back": request.get_full_path(),
        **told,
    }
    return TemplateResponse(request, "support/errand.html", context, status=422 if form.is_bound else 200)


def _do(desk: ReadOnlyAdmin, request: PageRequest, kind: ErrandKind, rows: Sequence[Any], reason: str) -> None:
    """Row by row, each in its own transaction; says how many were done, and what was refused and why."""
    done, refused = 0, []
    for row in rows:
        try:
            kind.do(row, _seen(request, row), reason, request.user)
            done += 1
        except ActionError as refusal:
            refused.append((desk.title_of(row), str(refusal.message)))
    if done:
        messages.success(request, _("Done: {did} ({n})").format(did=kind.label, n=done))
    for title, why in refused[:SAID]:
        messages.warning(request, _("{row} was left as it is: {why}").format(row=title, why=why))
    if len(refused) > SAID:
        left = len(refused) - SAID
        more = ngettext("And {n} more was left as it is.", "And {n} more were left as they are.", left)
        messages.warning(request, more.format(n=left))
