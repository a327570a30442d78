"""The order of whole names, the class's default for automatic confirmation, and who else has a student open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from batches import actions as batch_actions
from batches.tests.making import make_students
from classes import actions
from classes.models import ClassShare, SchoolClass
from classes.presence import names_at
from classes.rosters.parsing import parse_roster
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.realtime import presence

ClientFor = Callable[[User | None], Client]
WHOLE = "Namn\nLind Emil\nKaro Åsa Maria\nEk Bo\n"


def test_a_chosen_order_wins_over_what_the_list_tells() -> None:
    told = parse_roster(WHOLE)
    assert told.surname_first is False
    assert told.order_examples == (("Lind Emil", ""), ("Ek Bo", ""))
    chosen = parse_roster(WHOLE, surname_first=True)
    assert next((row.given_name, row.family_name) for row in chosen.rows) == ("Emil", "Lind")
    assert chosen.surname_first is True
    by_address = "Berg Emil emil.berg@elev.example\nEk Bo bo.ek@elev.example\n"
    assert parse_roster(by_address).surname_first is True
    assert parse_roster(by_address, surname_first=False).rows[0].given_name == "Berg"


def test_where_the_order_makes_no_difference_nothing_is_asked() -> None:
    assert parse_roster("Namn\nBerg, Emil\nEk, Bo\n").order_examples == ()
    assert parse_roster("Namn\nEmil\nBo\n").order_examples == ()
    two = parse_roster("Förnamn\tEfternamn\nEmil\tBerg\n")
    assert (two.surname_first, two.order_examples) == (None, ())


def test_the_order_is_chosen_on_the_page_and_forgotten_with_the_sheet(
    owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    draft = actions.preview_roster(owned_class, data=WHOLE, actor=teacher)
    address = f"/classes/{owned_class.public_id}/import/{draft.public_id}/columns/"
    client = client_for(teacher)
    page = client.get(address).content.decode()
    assert "“Lind Emil” is first name Lind, surname Emil." in page
    assert "“Lind Emil” is first name Emil, surname Lind." in page
    assert client.post(address, {"columns.0": "full_name", "order": "given"}).status_code == 302
    draft.refresh_from_db()
    assert draft.surname_first is None, "what the list tells itself is not kept"
    assert client.post(address, {"columns.0": "full_name", "order": "family"}).status_code == 302
    draft.refresh_from_db()
    assert [draft.surname_first] == [True]  # in a list: mypy takes the attribute for what it was
    assert {row.values["family_name"] for row in actions.read_preview(draft).rows} == {"Lind", "Karo Åsa", "Ek"}
    assert client.post(address, {"columns.0": "full_name", "order": "given"}).status_code == 302
    draft.refresh_from_db()
    assert [draft.surname_first] == [False]
    assert client.post(address, {"columns.0": "full_name", "order": "sideways"}).status_code == 422


def test_the_api_takes_the_order(owned_class: SchoolClass, teacher: User, api: Callable[[User], APIClient]) -> None:
    draft = actions.preview_roster(owned_class, data=WHOLE, actor=teacher)
    address = f"/api/v1/classes/{owned_class.public_id}/roster-imports/{draft.public_id}/"
    client = api(teacher)
    assert client.get(address).json()["surname_first"] is False
    seen = client.patch(address, {"surname_first": True}, format="json").json()
    assert seen["surname_first"] is True
    assert seen["rows"][0]["values"]["family_name"] == "Lind"
    assert client.patch(address, {"surname_first": None}, format="json").json()["surname_first"] is False


def test_new_batches_take_the_default_of_their_class(
    owned_class: SchoolClass, teacher: User, settings: Settings
) -> None:
    settings.ENABLE_AUTO_CONFIRM = True
    ahead = timezone.now() + timedelta(days=2)

    def made(**more: Any) -> bool:
        batch = batch_actions.create_batch(teacher, title="Letters", school_class=owned_class, actor=teacher, **more)
        return batch.auto_confirm

    assert not made(review_by=ahead), "off by default"
    actions.update_class(owned_class, changes={"auto_confirm": True}, actor=teacher)
    assert made(review_by=ahead)
    assert not made(review_by=ahead, auto_confirm=False), "what is said for one batch wins"
    assert not made(), "nothing is confirmed at no time"
    assert not made(review_by=timezone.now() - timedelta(days=1))
    settings.ENABLE_AUTO_CONFIRM = False
    assert not made(review_by=ahead)


def test_the_default_is_set_on_the_page_and_shown_for_a_new_batch(
    owned_class: SchoolClass, teacher: User, client_for: ClientFor, settings: Settings
) -> None:
    settings.ENABLE_AUTO_CONFIRM = True
    client = client_for(teacher)
    address = f"/classes/{owned_class.public_id}/settings/"
    typed = {"designation": owned_class.designation, "school_year": owned_class.school_year}
    assert client.post(address, typed | {"auto_confirm": "on"}).status_code == 302
    owned_class.refresh_from_db()
    assert owned_class.auto_confirm
    new = client.get("/batches/new/", {"school_class": str(owned_class.public_id)}).content.decode()
    assert 'id="id_auto_confirm" checked' in new.replace('aria-describedby="id_auto_confirm_helptext" ', "")
    assert client.post(address, typed).status_code == 302
    owned_class.refresh_from_db()
    assert [owned_class.auto_confirm] == [False]
    settings.ENABLE_AUTO_CONFIRM = False
    assert "auto_confirm" not in client.get(address).content.decode()


def test_the_api_sets_the_default(owned_class: SchoolClass, teacher: User, api: Callable[[User], APIClient]) -> None:
    address, client = f"/api/v1/classes/{owned_class.public_id}/", api(teacher)
    assert client.get(address).json()["auto_confirm"] is False
    assert client.patch(address, {"auto_confirm": True}, format="json").json()["auto_confirm"] is True
    copied = actions.copy_class(owned_class, actor=teacher)
    assert copied.auto_confirm


def test_who_else_has_the_student_open_is_told_to_those_who_may_see_it(
    owned_class: SchoolClass, teacher: User, colleague: User, stranger: User, client_for: ClientFor,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    emil, bo = make_students(owned_class, ["Emil Berg", "Bo Ek"])
    resource = f"class:{owned_class.public_id}"
    with django_assert_num_queries(0):
        assert names_at(owned_class, emil, viewer=teacher) == []
    presence.look(resource, presence.Look(teacher.pk, str(emil.public_id)), socket="a")
    presence.look(resource, presence.Look(colleague.pk, str(emil.public_id)), socket="b")
    presence.look(resource, presence.Look(stranger.pk, str(emil.public_id)), socket="c")
    with django_assert_num_queries(2):
        assert names_at(owned_class, emil, viewer=teacher) == [colleague.name]
    assert names_at(owned_class, bo, viewer=teacher) == []
    address = f"/classes/{owned_class.public_id}/students/{emil.public_id}/"
    headers = {"HX-Request": "true", "HX-Target": "student-here"}
    part = client_for(teacher).get(address, headers=headers).content.decode()
    assert f"{colleague.name} has this student open too." in part
    assert "<html" not in part
    assert client_for(stranger).get(address, headers=headers).status_code == 404
    ClassShare.objects.filter(user=colleague).delete()
    assert names_at(owned_class, emil, viewer=teacher) == [], "who may not see it any more is not named"


def test_asking_who_is_there_opens_nothing(owned_class: SchoolClass, teacher: User, client_for: ClientFor) -> None:
    from classes.actions.identity import hide_identity
    from classes.reads import openings_of

    (emil,) = make_students(owned_class, ["Emil Berg"])
    hide_identity(emil, alias="Kim")
    emil.refresh_from_db()
    address = f"/classes/{owned_class.public_id}/students/{emil.public_id}/"
    client_for(teacher).get(address, headers={"HX-Request": "true", "HX-Target": "student-here"})
    assert len(openings_of(emil)) == 0
    client_for(teacher).get(address)
    assert len(openings_of(emil)) == 1


def test_a_wrong_order_is_refused(owned_class: SchoolClass, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data=WHOLE, actor=teacher)
    actions.apply_import(draft, actor=teacher)
    with pytest.raises(ActionError) as refused:
        actions.revise_import(draft, changes={"surname_first": True}, actor=teacher)
    assert refused.value.code == "illegal_transition"


def test_the_list_of_classes_brings_itself_anew(teacher: User, client_for: Callable[..., Client]) -> None:
    actions.create_class(teacher, designation="NA24", school_year="2020/21", actor=teacher)
    address = "/classes/?year=2020/21&course="
    page = client_for(teacher).get(address).content.decode()
    assert f'<div hx-get="{escape(address)}" hx-trigger="live:any from:document, live:again" hx-ext="parts"' in page
    part = client_for(teacher).get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="class-list" data-part>')
    assert "NA24" in part
    assert "page-head" not in part


def test_who_saves_older_settings_changes_only_what_was_typed(
    owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    address, client = f"/classes/{owned_class.public_id}/settings/", client_for(teacher)
    year = owned_class.school_year
    was = {"was.designation": "SA24D", "was.school_year": year, "was.courses": "ENG6", "was.auto_confirm": ""}
    page = client.get(address).content.decode()
    assert all(f'name="{name}" value="{value}"' in page for name, value in was.items())
    actions.update_class(owned_class, changes={"courses": ["ENG5", "SV1"], "auto_confirm": True}, actor=teacher)
    typed = {"designation": "SA24E", "school_year": year, "courses": ["ENG6"]}
    assert client.post(address, was | typed).status_code == 302
    owned_class.refresh_from_db()
    now = actions.settings_of(owned_class)
    assert now == {"designation": "SA24E", "courses": ["ENG5", "SV1"], "school_year": year, "auto_confirm": True}


def test_settings_that_two_change_are_shown_and_chosen(
    owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    address, client = f"/classes/{owned_class.public_id}/settings/", client_for(teacher)
    year = owned_class.school_year
    was = {"was.designation": "SA24D", "was.school_year": year, "was.courses": "ENG6", "was.auto_confirm": ""}
    actions.update_class(owned_class, changes={"courses": ["ENG5"], "designation": "Mine"}, actor=teacher)
    typed = {"designation": "SA24D", "school_year": year, "courses": ["ENG6", "SV1"]}
    answer = client.post(address, was | typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else changed the class meanwhile." in page
    assert "Now: English 5" in page
    assert "You wrote: English 6, Swedish 1" in page
    again = {"was.designation": "Mine", "was.courses": "ENG5", "designation": "Mine"}
    assert all(f'name="{name}" value="{value}"' in page for name, value in again.items())
    assert actions.settings_of(SchoolClass.objects.get())["courses"] == ["ENG5"]
    assert client.post(address, was | typed | again).status_code == 302
    assert actions.settings_of(SchoolClass.objects.get())["courses"] == ["ENG6", "SV1"]
    assert SchoolClass.objects.get().designation == "Mine"
