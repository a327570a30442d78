"""The cast and the doors every test uses.

`teacher` owns the class `owned_class`; `colleague` may change it, `reader` may read it; `stranger` has nothing to do
with it; `support` is support staff.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from classes.models import ClassCourse, ClassShare, SchoolClass
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

PASSWORD = "a-long-enough-password"


@pytest.fixture(autouse=True)
def _own_files_and_cache(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Blobs in the test's own folder, quick passwords, no rate limits and nothing left in the cache."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.API_RATES = dict.fromkeys(settings.API_RATES, "")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    yield
    cache.clear()


def make_user(name: str, **fields: Any) -> User:
    """A user `<name>@skola.example` with the password `PASSWORD`."""
    return User.objects.create_user(
        f"{name}@skola.example", PASSWORD, display_name=name.capitalize(), language="en", **fields
    )


@pytest.fixture
def teacher(db: None) -> User:
    return make_user("teacher")


@pytest.fixture
def colleague(db: None) -> User:
    return make_user("colleague")


@pytest.fixture
def reader(db: None) -> User:
    return make_user("reader")


@pytest.fixture
def stranger(db: None) -> User:
    return make_user("stranger")


@pytest.fixture
def support(db: None) -> User:
    return make_user("support", role=User.Role.SUPPORT, is_superuser=True)


@pytest.fixture
def owned_class(teacher: User, colleague: User, reader: User) -> SchoolClass:
    """The teacher's class SA24D, course ENG6, shared with colleague (change) and reader (read)."""
    school_class = SchoolClass.objects.create(owner=teacher, designation="SA24D")
    ClassCourse.objects.create(school_class=school_class, code="ENG6")
    ClassShare.objects.create(school_class=school_class, user=colleague, can_change=True)
    ClassShare.objects.create(school_class=school_class, user=reader, can_change=False)
    return school_class


@pytest.fixture
def api() -> Callable[[User | None], APIClient]:
    """`api(user)`: an API client signed in as `user` (None: nobody), English."""

    def client(user: User | None = None) -> APIClient:
        made = APIClient(HTTP_ACCEPT_LANGUAGE="en")
        if user is not None:
            made.force_authenticate(user)
        return made

    return client


@pytest.fixture
def client_for() -> Callable[[User | None], Client]:
    """`client_for(user)`: a browser signed in as `user`, English."""

    def client(user: User | None = None) -> Client:
        made = Client(HTTP_ACCEPT_LANGUAGE="en")
        if user is not None:
            made.force_login(user)
        return made

    return client


@pytest.fixture
def race() -> Callable[..., list[Any]]:
    """`race(one, two, …)`: all at once, each on a connection of its own; gives results, or the codes of ActionErrors.

    Needs a test with `django_db(transaction=True)`.
    """

    def run(*calls: Callable[[], Any]) -> list[Any]:
        together = threading.Barrier(len(calls))
        outcomes: list[Any] = [None] * len(calls)

        def work(index: int) -> None:
            together.wait()
            try:
                outcomes[index] = calls[index]()
            except ActionError as error:
                outcomes[index] = error.code
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(index,)) for index in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    return run
