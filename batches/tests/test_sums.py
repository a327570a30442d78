"""Whatever a teacher does in whatever order: every dropped file has one row, and the sums on the page are the rows'.

Random sequences of send, send again, remove, replace, read, lock, unlock, cancel and reopen through both doors, on the
real database. `FAULT_ROUNDS` in the environment says how many sequences (`make faults`).
"""

from __future__ import annotations

import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from rest_framework.test import APIClient

from batches import tasks
from batches.invariants import broken_invariants
from batches.models import Batch
from batches.state import count_batch
from batches.tests.making import make_batch, make_students
from batches.tests.pages import url
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import User

SEQUENCES = int(os.environ.get("FAULT_ROUNDS", "12"))
STORY = "There was a bird that flew over the river, and nobody knew where it was going. "
CONTENTS = (STORY.encode(), f"{STORY}Alva Berg".encode(), b"", b"\x89PNG\r\n\x1a\n")
NAMES = ("Alva Berg.txt", "Bo Ek.txt", "text.docx", "photo.png")
GROUPS = {"on the way": "reading", "problems?": "problems", "skipped": "skipped"}


def zipped(n: int) -> bytes:
    """A zip of `n` texts, two of which are alike where there are two."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(n):
            archive.writestr(zipfile.ZipInfo(f"text {number}.txt"), f"{STORY}{max(1, number)}")
    return out.getvalue()


class Sums(RuleBasedStateMachine):
    """A teacher at one batch. `live` are the files that were dropped and not taken out, by id, zips' texts apart."""

    browser: Client
    call: APIClient
    new_batch: Callable[[], Batch]

    def __init__(self) -> None:
        super().__init__()
        self.batch = self.new_batch()
        self.live: list[str] = []
        self.inside: dict[str, int] = {}

    def is_open(self) -> bool:
        """Whether files may change."""
        return not Batch.objects.get(pk=self.batch.pk).is_locked

    def status(self) -> str:
        return Batch.objects.get(pk=self.batch.pk).status

    # --- what a teacher does ---

    @rule(name=st.sampled_from(NAMES), content=st.sampled_from(CONTENTS), by_page=st.booleans())
    def send(self, name: str, content: bytes, by_page: bool) -> None:
        """Drop a file; or the same again, which the page knows and the API lists as a copy."""
        self._send(name, content, by_page=by_page)

    @rule(n=st.integers(min_value=1, max_value=3))
    def send_zip(self, n: int) -> None:
        """Drop a zip, or the same zip again."""
        before = len(self.live)
        self._send("class.zip", zipped(n), by_page=True)
        if len(self.live) > before and EssayFile.objects.get(public_id=self.live[-1]).status != "skipped":
            self.inside[self.live[-1]] = n

    def _send(self, name: str, content: bytes, *, by_page: bool) -> None:
        sent = SimpleUploadedFile(name, content)
        open_before = self.is_open()
        if by_page:
            answer: Any = self.browser.post(url("upload", self.batch), {"files": sent}, headers={"HX-Request": "true"})
            found = re.findall(r'<tr id="file-([0-9a-f-]{36})"', answer.content.decode())
        else:
            answer = self.call.post(
                f"/api/v1/batches/{self.batch.public_id}/files/", {"files": sent}, format="multipart"
            )
            found = [row["id"] for row in answer.json().get("results", ())]
        assert len(found) == (1 if open_before else 0), "every dropped file is answered with its one row"
        assert answer.status_code in ((200, 201, 202) if open_before else (409,))
        self.live += [key for key in found if key not in self.live and not self._came_out_of_a_zip(key)]

    def _came_out_of_a_zip(self, key: str) -> bool:
        return EssayFile.objects.filter(public_id=key, archive__isnull=False).exists()

    @precondition(lambda self: self.live)
    @rule(data=st.data(), twice=st.booleans())
    def remove(self, data: st.DataObject, twice: bool) -> None:
        """Take a file out; the second press of a double click finds it gone."""
        key = data.draw(st.sampled_from(self.live))
        open_before = self.is_open()
        for _press in range(1 + twice):
            self.browser.post(url("file-remove", self.batch, file_id=key))
        if open_before:
            self.live.remove(key)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def replace(self, data: st.DataObject, name: str) -> None:
        """Put another file in a file's place."""
        key = data.draw(st.sampled_from(self.live))
        before = set(self._rows())
        self.browser.post(
            url("file-replace", self.batch, file_id=key), {"files": SimpleUploadedFile(name, f"{STORY}{name}".encode())}
        )
        if self.is_open():
            (new,) = set(self._rows()) - before
            self.live[self.live.index(key)] = new

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def read_again(self, data: st.DataObject) -> None:
        """Press the button, whether or not it is there."""
        self.browser.post(url("file-retry", self.batch, file_id=data.draw(st.sampled_from(self.live))))

    @rule(step=st.sampled_from(["lock", "cancel", "start"]))
    def close(self, step: str) -> None:
        """Close the files, if the batch lets itself be closed."""
        self.browser.post(url(step, self.batch), {"anyway": "1"})

    @rule()
    def open_again(self) -> None:
        """By the way out that there is."""
        self.browser.post(url("unlock" if self.status() == "ready" else "reopen", self.batch), {"reason": "More."})

    # --- what workers do ---

    @rule()
    def work_once(self) -> None:
        """Read one file."""
        tasks.ingest_next()

    @rule()
    def work_through(self) -> None:
        """Read and match what there is."""
        for _file in range(20):
            if tasks.ingest_next() is None:
                break
        tasks.match_essays(self.batch.pk)

    # --- what must hold ---

    def _rows(self) -> list[str]:
        files = EssayFile.objects.filter(batch_file__batch=self.batch, batch_file__removed_at=None)
        return [str(key) for key in files.values_list("public_id", flat=True)]

    @invariant()
    def every_file_has_one_row_and_the_sums_are_theirs(self) -> None:
        """Page, API and database say the same."""
        page = " ".join(self.browser.get(url("detail", self.batch)).content.decode().split())
        shown = re.findall(r'<tr id="file-([0-9a-f-]{36})"', page)
        rows = self._rows()
        assert Counter(shown) == Counter(rows) == Counter(set(rows))
        own = EssayFile.objects.filter(batch_file__batch=self.batch, batch_file__removed_at=None, archive=None)
        assert Counter(str(key) for key in own.values_list("public_id", flat=True)) == Counter(self.live)
        for key, n in self.inside.items():
            zipped_file = EssayFile.objects.get(public_id=key)
            assert zipped_file.entries.count() == n or zipped_file.status != "read"
        self._sums(page, count=len(rows))

    def teardown(self) -> None:
        """At the end everything else holds too."""
        assert list(broken_invariants(blobs=False)) == []

    def _sums(self, page: str, *, count: int) -> None:
        counts = count_batch(Batch.objects.get(pk=self.batch.pk))
        assert counts.files == count == counts.reading + counts.problems + counts.skipped + counts.read
        state = self.call.get(f"/api/v1/batches/{self.batch.public_id}/state/").json()["counts"]
        assert all(state[name] == getattr(counts, name) for name in state)
        if not count:
            return
        legend = page.split('class="bar-legend"')[1].split("</p>", maxsplit=1)[0]
        read, total = map(int, re.findall(r"(\d+) of (\d+) files? read", legend)[0])
        told = {name: sum(map(int, re.findall(rf"(\d+) {words}", legend))) for words, name in GROUPS.items()}
        assert told == {name: getattr(counts, name) for name in told}
        assert total == read + sum(told.values())
        opened = sum(map(int, re.findall(r"and (\d+) zips? opened", legend)))
        assert total + opened == count


def test_sums_hold_after_every_step(
    teacher: User, owned_class: SchoolClass, client_for: Callable[[User], Client], api: Callable[[User], APIClient]
) -> None:
    make_students(owned_class, ["Alva Berg", "Bo Ek"])

    class Here(Sums):
        browser = client_for(teacher)
        call = api(teacher)
        new_batch = staticmethod(lambda: make_batch(teacher, owned_class))

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Here,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=14,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # to make a failing sequence shorter takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
