"""The account page: profile, password, change of address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from conftest import PASSWORD
from huleedu.accounts import actions
from huleedu.accounts.links import email_change_path
from huleedu.accounts.models import BrowserSignIn, TokenFamily, User
from huleedu.accounts.sign_ins import device_of
from huleedu.accounts.tests.conftest import Told
from huleedu.common.errors import ActionError

Browser = Callable[..., Client]
NEW = "brand-new-long-password"
ADDRESS = "new-address@skola.example"
PROFILE = {
    "display_name": "Tove Lind", "language": "sv", "theme": "dark", "density": "roomy", "shortcuts": "alt",
    "go_on": "False",
}  # fmt: skip


def test_profile(teacher: User, client_for: Browser) -> None:
    """The next page is in the new language, in the new colours, and tells the scripts what to do."""
    client = client_for(teacher)
    response: Any = client.post("/account/", PROFILE)
    assert (response.status_code, response["Location"]) == (302, "/account/")
    teacher.refresh_from_db()
    assert (teacher.display_name, teacher.language, teacher.theme) == ("Tove Lind", "sv", "dark")
    page = client.get("/account/")
    assert page["Content-Language"] == "sv"
    assert 'data-theme="dark" data-density="roomy"' in page.content.decode()
    assert 'data-shortcuts="alt" data-go-on="0"' in page.content.decode()


def test_sign_out_elsewhere(teacher: User, client_for: Browser, api: Any) -> None:
    """This session goes on; other sessions and the API's sign-ins end."""
    here, elsewhere = client_for(teacher), client_for(teacher)
    pair = actions.issue_tokens(teacher, actor=teacher)
    assert here.post("/account/sign-out-others/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert api().post("/api/v1/auth/token/refresh/", {"refresh": pair.refresh}).status_code == 401


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


def browser_of(user: User, description: str) -> Client:
    """Signed in on the page, by a browser that describes itself so."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en", HTTP_USER_AGENT=description)
    assert client.post("/sign-in/", {"email": user.email, "password": PASSWORD}).status_code == 302
    return client


def test_where_one_is_signed_in(
    teacher: User, stranger: User, told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    """Each browser and program, this one marked; one of them is signed out, its sockets close, the others go on."""
    here, phone, other = browser_of(teacher, FIREFOX), browser_of(teacher, SAFARI), browser_of(stranger, SAFARI)
    family = actions.issue_tokens(teacher, actor=teacher)
    page = here.get("/account/").content.decode()
    assert page.index("Firefox, Windows") < page.index("this browser") < page.index("A program")
    assert "Safari, iPhone" in page
    by_device = dict(BrowserSignIn.objects.filter(user=teacher).values_list("device", "pk"))
    path = f"/account/sign-ins/{by_device['Safari, iPhone']}/end/"
    assert other.post(path, follow=True).status_code == 200
    assert phone.get("/account/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert "Signed out there." in here.post(path, follow=True).content.decode()
    assert [message["session"] is None for _user, message in told] == [False]
    assert phone.get("/account/").status_code == 302
    assert "signed out already" in here.post(path, follow=True).content.decode()
    program = TokenFamily.objects.get()
    here.post(f"/account/sign-ins/{program.pk}/end/")
    assert APIClient().post("/api/v1/auth/token/refresh/", {"refresh": family.refresh}).status_code == 401
    assert other.get("/account/").status_code == 200


def test_a_sign_in_goes_with_its_session(teacher: User) -> None:
    """Signing out, a new key and the end of all others each leave one row for each session that goes on."""
    here, elsewhere = browser_of(teacher, FIREFOX), browser_of(teacher, SAFARI)
    elsewhere.post("/sign-out/")
    assert [row.device for row in BrowserSignIn.objects.all()] == ["Firefox, Windows"]
    browser_of(teacher, SAFARI)
    here.post("/account/sign-out-others/")
    assert [row.device for row in BrowserSignIn.objects.all()] == ["Firefox, Windows"]
    assert change_password(here).status_code == 302
    assert "this browser" in here.get("/account/").content.decode()
    Session.objects.all().delete()
    assert not BrowserSignIn.objects.exists()


@pytest.mark.parametrize(
    ("description", "device"),
    [
        (FIREFOX, "Firefox, Windows"),
        (SAFARI, "Safari, iPhone"),
        ("Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome, ChromeOS"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Mac"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_what_a_browser_is_called(description: str, device: str) -> None:
    """Kind of browser and of device, and nothing of what it sends."""
    assert device_of(description) == device


def test_notices(teacher: User, client_for: Browser) -> None:
    """Ticks in a table; what is not ticked is off. Turning a kind on brings no letters about the past."""
    client = client_for(teacher)
    before = teacher.letters_from
    sent = {"page_notices": ["reminder"], "email_notices": ["matches"]}
    assert client.post("/account/notices/", sent).status_code == 302
    teacher.refresh_from_db()
    assert (teacher.page_notices, teacher.email_notices) == (["reminder"], ["matches"])
    assert teacher.letters_from > before
    page = client.get("/account/").content.decode()
    ticked = re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', page)
    assert {pair for pair in ticked if pair[0].endswith("_notices")} == {
        ("page_notices", "reminder"), ("email_notices", "matches"),
    }  # fmt: skip
    before = teacher.letters_from
    assert client.post("/account/notices/", {}).status_code == 302
    teacher.refresh_from_db()
    assert (teacher.page_notices, teacher.email_notices, teacher.letters_from) == ([], [], before)


def test_notices_refused(teacher: User, client_for: Browser) -> None:
    """A kind that there is not changes nothing."""
    assert client_for(teacher).post("/account/notices/", {"page_notices": ["everything"]}).status_code == 422
    teacher.refresh_from_db()
    assert "reminder" in teacher.page_notices


def test_profile_refused(teacher: User, client_for: Browser) -> None:
    """What is wrong is said; the page still shows the person as stored."""
    response = client_for(teacher).post("/account/", PROFILE | {"language": "de"})
    assert response.status_code == 422
    assert 'data-theme="system"' in response.content.decode()
    assert client_for(teacher).post("/account/", PROFILE | {"display_name": "Tove 20060102-2387"}).status_code == 422
    teacher.refresh_from_db()
    assert (teacher.display_name, teacher.language) == ("Teacher", "en")


def change_password(client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> Any:
    """Send the form."""
    return client.post("/account/password/", {"old_password": old, "new_password1": new, "new_password2": again})


def test_change_password(
    teacher: User, client_for: Browser, told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    """This session goes on, others end, sockets close, and no hash is in the audit log."""
    here, elsewhere = client_for(teacher), client_for(teacher)
    with django_capture_on_commit_callbacks(execute=True):
        assert change_password(here).status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert told == [(teacher.pk, {"type": "socket.signed_out", "session": None})]
    teacher.refresh_from_db()
    assert teacher.check_password(NEW)
    assert "md5$" not in str(list(LogEntry.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize(
    ("old", "new", "again"), [("wrong", NEW, NEW), (PASSWORD, NEW, "other"), (PASSWORD, "short", "short")]
)
def test_change_password_refused(teacher: User, client_for: Browser, old: str, new: str, again: str) -> None:
    """Wrong old one, two different ones, too weak a one. Nothing typed is shown again."""
    response = change_password(client_for(teacher), old, new, again)
    assert response.status_code == 422
    assert NEW not in response.content.decode()
    teacher.refresh_from_db()
    assert teacher.check_password(PASSWORD)


# --- address ---------------------------------------------------------------------------------------------------------


def ask(client: Client, email: str = ADDRESS, password: str = PASSWORD) -> Any:
    """Ask for a change of address."""
    return client.post("/account/email/", {"email": email, "current_password": password})


def link() -> str:
    """The path in the last letter."""
    found = re.search(r"http://localhost:8000(/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def test_no_address_is_a_personal_identity_number(teacher: User, client_for: Browser) -> None:
    """Said beside the field."""
    answer = ask(client_for(teacher), "20060102-2387@skola.example")
    assert answer.status_code == 422
    assert "Personal identity numbers are not kept here." in answer.content.decode()
    teacher.refresh_from_db()
    assert teacher.new_email == ""


def test_change_address(teacher: User, client_for: Browser) -> None:
    """A link to the new address; nothing changes before it is followed; the old address is told; once only."""
    client = client_for(teacher)
    assert ask(client).status_code == 302
    assert mail.outbox[-1].to == [ADDRESS]
    teacher.refresh_from_db()
    assert teacher.email == "teacher@skola.example"
    path = link()
    assert "skola" not in path
    assert ADDRESS in client.get(path).content.decode()
    teacher.refresh_from_db()
    assert teacher.email == "teacher@skola.example"
    response: Any = client.post(path)
    assert (response.status_code, response["Location"]) == (302, "/account/")
    teacher.refresh_from_db()
    assert (teacher.email, teacher.new_email) == (ADDRESS, "")
    assert mail.outbox[-1].to == ["teacher@skola.example"]
    assert ADDRESS not in mail.outbox[-1].body
    assert client.get(path).status_code == 422
    assert client.post(path).status_code == 400
    assert client_for().post("/sign-in/", {"email": ADDRESS, "password": PASSWORD}).status_code == 302


def test_the_audit_log_hides_addresses(teacher: User, client_for: Browser) -> None:
    """Old and new."""
    client = client_for(teacher)
    ask(client)
    client.post(link())
    rows = LogEntry.objects.get_for_object(teacher)
    assert rows.filter(action=LogEntry.Action.UPDATE).count() >= 2
    assert "skola" not in str(list(rows.values_list("changes", "object_repr")))


def test_wrong_password_sends_nothing(teacher: User, client_for: Browser) -> None:
    """An open browser is not enough to take an account over."""
    assert ask(client_for(teacher), password="wrong").status_code == 422
    assert mail.outbox == []


def test_the_link_is_of_no_use_to_others(teacher: User, stranger: User, client_for: Browser) -> None:
    """Who gets it by a mistyped address would have to sign in as the person."""
    ask(client_for(teacher))
    path = link()
    anonymous: Any = client_for().get(path)
    assert anonymous["Location"].startswith("/sign-in/?next=")
    assert client_for(stranger).get(path).status_code == 422
    assert client_for(stranger).post(path).status_code == 400
    teacher.refresh_from_db()
    stranger.refresh_from_db()
    assert (teacher.email, stranger.email) == ("teacher@skola.example", "stranger@skola.example")


@pytest.mark.parametrize("change", ["expired", "password", "other address"])
def test_links_that_do_not_hold(teacher: User, client_for: Browser, settings: Any, change: str) -> None:
    """Too old, or something changed since."""
    teacher = actions.ask_for_email_change(teacher, email=ADDRESS, actor=teacher)
    path = email_change_path(teacher)
    if change == "expired":
        settings.PASSWORD_RESET_TIMEOUT = -1
    elif change == "password":
        actions.set_password(teacher, password=NEW, actor=teacher)
    else:
        actions.ask_for_email_change(teacher, email="third@skola.example", actor=teacher)
    teacher.refresh_from_db()
    assert client_for(teacher).post(path).status_code == 400
    teacher.refresh_from_db()
    assert teacher.email == "teacher@skola.example"


def test_a_taken_address(teacher: User, stranger: User, client_for: Browser) -> None:
    """Asking does not tell that somebody has it; only who reads its mail learns it, and gets nothing."""
    client = client_for(teacher)
    free, taken = ask(client), ask(client, stranger.email.upper())
    assert (taken.status_code, taken["Location"]) == (free.status_code, free["Location"])
    assert len(mail.outbox) == 2
    assert client.post(link()).status_code == 400
    teacher.refresh_from_db()
    assert teacher.email == "teacher@skola.example"


def test_address_taken_in_the_last_moment(teacher: User, stranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The constraint's refusal reads the same as the check's."""
    teacher = actions.ask_for_email_change(teacher, email=stranger.email, actor=teacher)
    token = email_change_path(teacher).split("/")[-2]
    monkeypatch.setattr(actions, "_refuse_taken", lambda *_args, **_more: None)
    with pytest.raises(ActionError) as caught:
        actions.confirm_email_change(teacher, token=token, actor=teacher)
    assert (caught.value.code, caught.value.field) == ("validation_error", "email")


def test_a_mail_server_that_refuses_is_told(teacher: User, client_for: Browser, monkeypatch: Any) -> None:
    """No 500, and no address in the log."""

    def refuse(*_args: Any, **_more: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.open", refuse)
    client = client_for(teacher)
    assert ask(client).status_code == 302
    assert "could not be sent" in client.get("/account/").content.decode()


def test_anonymous_has_no_account_page(db: None, client_for: Browser) -> None:
    """Every path of it asks for the sign-in."""
    for path in ("/account/", "/account/password/", "/account/email/", "/account/email/x/"):
        assert client_for().get(path)["Location"].startswith("/sign-in/")


def test_account_page_statements(teacher: User, client_for: Browser, django_assert_max_num_queries: Any) -> None:
    """Session, person, what the top bar counts, and where the person is signed in."""
    client = client_for(teacher)
    with django_assert_max_num_queries(6):
        assert client.get("/account/").status_code == 200
