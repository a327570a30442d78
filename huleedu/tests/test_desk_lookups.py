"""What an address may ask of support's lists: what their filters offer, and nothing else that stands in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model
from django.test import Client, RequestFactory

from batches.tests.desk import CLASS, FILE, STUDENT, TEXT, TITLE, lists, make_day
from classes.models import SchoolClass
from huleedu.accounts.models import User

Browser = Callable[..., Client]
LOOKUPS = ("", "__startswith", "__icontains", "__in", "__gte", "__isnull", "__year")
FILTERED = {
    *("status", "phase", "certainty", "method", "role", "event_type", "detected_type", "school_year"),
    *("created_at", "started_at", "decided_at", "timestamp", "school", "owner__school", "created_by__school"),
}
"""What lists may be filtered by: nothing that says who a student is, or what anybody wrote."""
OFFERED = ("", "__exact", "__id__exact", "__isnull", "__gte", "__lt")


def _paths(model: type[Model]) -> Iterator[str]:
    """Each field of a model, and each of the models it leads to."""
    for field in model._meta.get_fields():
        yield field.name
        related: Any = field.related_model
        if related is not None:
            yield from (f"{field.name}__{inner.name}" for inner in related._meta.get_fields())


@pytest.mark.parametrize("model", list(lists().values()), ids=lambda model: model._meta.model_name)
def test_a_list_is_asked_by_its_filters_only(model: type[Model], support: User) -> None:
    desk: Any = admin.site._registry[model]
    declared = {name for name in desk.list_filter if isinstance(name, str)}
    assert declared <= FILTERED
    accepted, asked = set(), 0
    for path in [*_paths(model), *declared]:
        for lookup in LOOKUPS:
            request: Any = RequestFactory().get("/support/", {f"{path}{lookup}": "1"})
            request.user, asked = support, asked + 1
            try:
                desk.get_changelist_instance(request)
            except (IncorrectLookupParameters, SuspiciousOperation):
                continue
            accepted.add(f"{path}{lookup}")
    assert asked > 40
    assert accepted <= {f"{name}{lookup}" for name in declared for lookup in OFFERED}


GUESSES = (
    ("classes/student", "given_name__startswith", STUDENT[0]),
    ("files/essayfile", "text__icontains", TEXT),
    ("batches/batch", "title__icontains", TITLE),
    ("outbox/outboxevent", "payload__icontains", "a"),
    ("accounts/user", "password__startswith", "md5"),
    ("auditlog/logentry", "changes__icontains", TITLE),
)


def test_what_is_masked_cannot_be_guessed(
    teacher: User, owned_class: SchoolClass, support: User, client_for: Browser
) -> None:
    make_day(teacher, owned_class)
    desk = client_for(support)
    for path, parameter, right in GUESSES:
        answers = [desk.get(f"/support/{path}/", {parameter: value}) for value in (right, "nobody has this")]
        assert [answer.status_code for answer in answers] == [302, 302]
        assert {answer["Location"] for answer in answers} == {f"/support/{path}/?e=1"}
        again = desk.get(f"/support/{path}/", {"e": "1", parameter: right}, follow=True)
        assert again.redirect_chain == [(f"/support/{path}/?e=1", 302)]
        assert "cannot be filtered by" in again.content.decode()


def test_no_search_finds_what_is_masked(
    teacher: User, owned_class: SchoolClass, support: User, client_for: Browser
) -> None:
    make_day(teacher, owned_class)
    desk = client_for(support)
    for address in lists():
        for secret in (*STUDENT.split(), TITLE, FILE, TEXT, CLASS, "md5"):
            answer: Any = desk.get(address, {"q": secret})
            assert answer.context["cl"].result_count == 0, (address, secret)


def test_no_list_is_sorted_by_what_is_masked(support: User) -> None:
    masked = {"given_name", "surname", "text", "title", "payload", "password", "changes", "designation", "path"}
    masked |= {"masked_name", "masked_email"}
    for model in lists().values():
        desk: Any = admin.site._registry[model]
        request: Any = RequestFactory().get("/support/")
        request.user = support
        shown = desk.get_changelist_instance(request)
        sorts = {str(shown.get_ordering_field(name)) for name in shown.list_display}
        assert not masked & {part for path in sorts for part in path.lstrip("-").split("__")}, model


NONSENSE = (
    *("created_at__year=99999", "created_at__gte=99999-01-01", "created_at__gte=%00", "created_at__gte=0001-01-01"),
    *("created_at__lt=9999-12-31", "status__exact=%00", "stuck=%00", "q=%00", "zzz=1", "zzz=1&e=1", "p=9999"),
    *(f"owner__school__id__exact={value}" for value in ("%00", "x", "9" * 20, "9" * 5000)),
    *("p=" + "9" * 5000, "o=" + "9" * 5000),
)


@pytest.mark.filterwarnings("ignore:DateTimeField .* received a naive datetime")
def test_nonsense_in_an_address_is_no_failure(support: User, client_for: Browser) -> None:
    desk = client_for(support)
    for query in NONSENSE:
        assert desk.get(f"/support/batches/batch/?{query}").status_code in (200, 302), query
        of_log = query.replace("created_at", "timestamp")
        assert desk.get(f"/support/auditlog/logentry/csv/?{of_log}").status_code in (200, 302), query


def test_an_errand_with_nonsense_for_keys_is_no_failure(support: User, client_for: Browser) -> None:
    desk = client_for(support)
    asked = 0
    for address, model in lists().items():
        for kind in admin.site._registry[model].errands:  # type: ignore[attr-defined]  # ReadOnlyAdmin
            for key in ("9" * 5000, "9" * 19, "9" * 20, "-1", "\u0663", "\0", "x", ""):
                answer = desk.post(address, {"action": kind.did, "_selected_action": key})
                assert answer.status_code == 404, (address, kind.did, key)
                asked += 1
    assert asked > 40


def test_a_list_that_is_broken_by_itself_does_not_lead_to_itself(
    support: User, client_for: Browser, monkeypatch: Any
) -> None:
    def broken(*_asked: Any) -> Any:
        raise IncorrectLookupParameters

    monkeypatch.setattr("huleedu.common.admin.ReadOnlyAdmin.get_changelist_instance", broken)
    assert client_for(support).get("/support/batches/batch/?e=1").status_code == 200
