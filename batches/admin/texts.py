"""Texts and decisions on support's desk: whose state, who decided; the student is an id."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches import actions
from batches.actions.decisions import refuse_undecidable
from batches.models import Decision, EssayStudentAssociation
from huleedu.accounts.models import User
from huleedu.common.admin import Choices, ReadOnlyAdmin
from huleedu.common.errands import ErrandKind
from huleedu.common.errors import ActionError


class UndoneFilter(Choices):
    """Whether a decision stands."""

    title = gettext_lazy("undone")
    parameter_name = "undone"
    choices_of = {
        "yes": (gettext_lazy("undone"), lambda rows: rows.filter(undone_at__isnull=False)),
        "no": (gettext_lazy("stands"), lambda rows: rows.filter(undone_at=None)),
    }


_UNTOLD = "protected"
"""The reason that would tell of a protected identity."""


def _as_seen(match: EssayStudentAssociation, seen: str | None) -> EssayStudentAssociation:
    if seen not in (None, str(match.version)):
        raise ActionError("version_conflict", _("Somebody else has decided this text meanwhile."))
    return match


def _reopening(match: EssayStudentAssociation) -> str:
    refuse_undecidable(match.essay)
    if not match.is_decided:
        raise ActionError("illegal_transition", _("Nobody has decided this text."))
    return _("The text waits for a decision again, with the suggestion that stood before.")


def _reopen(match: EssayStudentAssociation, actor: User) -> None:
    _reopening(match)
    actions.clear_decision(match.essay, version=match.version, actor=actor)


@admin.register(EssayStudentAssociation)
class AssociationAdmin(ReadOnlyAdmin):
    """Texts by their match: how sure, who decided."""

    names = (gettext_lazy("text"), gettext_lazy("texts"))
    list_display = ("text_id", "batch_id", "status", "certainty", "decided", "decided_at")
    list_filter = ("status", "certainty", "method", "decided_at")
    search_fields = ("essay__public_id", "essay__batch__public_id", "student__public_id")
    list_select_related = ("essay__batch", "student", "decided_by")
    fields = (
        "batch_id", "student_id_of", "status", "certainty", "clues", "decided", "decided_at", "is_new", "version",
        "updated_at",
    )  # fmt: skip
    errands = (
        ErrandKind(
            "reopen",
            gettext_lazy("The same as the teacher's button at a decided text. It can be undone in the review."),
            run=_reopen,
            preview=_reopening,
            aim=_as_seen,
            seen=lambda match: str(match.version),
            about=lambda match: match.essay.batch,
            part=lambda match: str(match.essay.public_id),
        ),
    )

    def title_of(self, row: EssayStudentAssociation) -> str:
        """By the text's id, which is what others know it by."""
        return _("Text {id}").format(id=row.essay.public_id)

    @admin.display(description=gettext_lazy("text"), ordering="essay__public_id")
    def text_id(self, match: EssayStudentAssociation) -> str:
        """The text's id."""
        return str(match.essay.public_id)

    @admin.display(description=gettext_lazy("batch"))
    def batch_id(self, match: EssayStudentAssociation) -> str:
        """The batch's id."""
        return str(match.essay.batch.public_id)

    @admin.display(description=gettext_lazy("student"))
    def student_id_of(self, match: EssayStudentAssociation) -> str:
        """The student's id."""
        return str(match.student.public_id) if match.student else ""

    @admin.display(description=gettext_lazy("clues"))
    def clues(self, match: EssayStudentAssociation) -> str:
        """The reasons for and against each candidate, best first, by their codes: `1: + … - …`. No names, no places.

        A candidate without any is none here: an empty place would be the mark that its reason is left out as.
        """
        signs = {True: "+", False: "-"}
        told = []
        for candidate in match.candidates:
            reasons = [reason for reason in candidate["reasons"] if reason["code"] != _UNTOLD]
            told.append(" ".join(f"{signs.get(reason['for'], '?')} {reason['code']}" for reason in reasons))
        return "; ".join(f"{number}: {words}" for number, words in enumerate(filter(None, told), 1))

    @admin.display(description=gettext_lazy("decided by"), ordering="method")
    def decided(self, match: EssayStudentAssociation) -> str:
        """The person's address, or that it went by itself."""
        if match.method == EssayStudentAssociation.Method.DEADLINE:
            return str(EssayStudentAssociation.Method.DEADLINE.label)
        return match.decided_by.email if match.decided_by else ""


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """Decisions and their undoing."""

    list_display = ("id", "text_id", "batch_id", "state", "who", "created_at", "undone_at")
    list_filter = (UndoneFilter, "created_at")
    search_fields = ("essay__public_id", "essay__batch__public_id", "group")
    list_select_related = ("essay__batch", "actor")
    fields = ("text_id", "batch_id", "state", "who", "together", "created_at", "undone_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what names the text."""
        return super().get_queryset(request).select_related("essay__batch", "actor")

    @admin.display(description=gettext_lazy("text"))
    def text_id(self, decision: Decision) -> str:
        """The text's id."""
        return str(decision.essay.public_id)

    @admin.display(description=gettext_lazy("batch"))
    def batch_id(self, decision: Decision) -> str:
        """The batch's id."""
        return str(decision.essay.batch.public_id)

    @admin.display(description=gettext_lazy("decided"))
    def state(self, decision: Decision) -> str:
        """What the match became."""
        return state_words(decision)

    @admin.display(description=gettext_lazy("decided by"))
    def who(self, decision: Decision) -> str:
        """The person's address, or that it went by itself."""
        return decider(decision)

    @admin.display(description=gettext_lazy("taken together"))
    def together(self, decision: Decision) -> str:
        """The id of the decisions that were one step."""
        return str(decision.group)


def state_words(decision: Decision) -> str:
    """What the match became, without whose text it is."""
    states = dict(EssayStudentAssociation.Status.choices)
    return str(states.get(decision.after["status"], ""))


def decider(decision: Decision) -> str:
    """Who decided."""
    if decision.after.get("method") == EssayStudentAssociation.Method.DEADLINE:
        return str(EssayStudentAssociation.Method.DEADLINE.label)
    return decision.actor.email if decision.actor else ""
