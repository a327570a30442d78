"""Every screen a teacher can open, in a world that shows what it is for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from batches.samples import SampleFile, class_list, damaged_file, sample_essays
from e2e.conftest import ARTIFACTS, Stack

PICTURES = Path(os.environ.get("SCREENSHOTS", ARTIFACTS))
"""Where pictures of the screens go."""


@dataclass(frozen=True)
class World:
    """Ids and addresses of what the screens show; `screens` names each screen and its address."""

    class_id: str
    batch: str
    screens: dict[str, str]


_OTHERS = {
    "overview": "/overview/",
    "classes": "/classes/",
    "class-new": "/classes/new/",
    "batches": "/batches/",
    "batch-new": "/batches/new/",
    "activity": "/activity/",
    "account": "/account/",
    "privacy": "/privacy/",
    "privacy-students": "/privacy/students/",
    "privacy-log": "/privacy/log/",
    "not-found": "/batches/00000000-0000-4000-8000-000000000000/",
}
"""Screens that are there for everybody."""


def _screens_of_class(school: str, *, student: str, draft: str) -> dict[str, str]:
    return {
        "class": school,
        "student": f"{school}students/{student}/",
        "student-new": f"{school}students/new/",
        "student-protect": f"{school}students/{student}/protect/",
        "class-settings": f"{school}settings/",
        "class-copy": f"{school}copy/",
        "import": f"{school}import/",
        "import-columns": f"{school}import/{draft}/columns/",
        "import-check": f"{school}import/{draft}/check/",
        "imports": f"{school}imports/",
        "class-batches": f"{school}batches/",
        "class-history": f"{school}history/",
    }


def _screens_of_batch(batch: str, *, problem: str, text: dict[str, str]) -> dict[str, str]:
    return {
        "batch": batch,
        "batch-rename": f"{batch}rename/",
        "batch-missing": f"{batch}missing/",
        "batch-history": f"{batch}history/",
        "batch-texts": f"{batch}texts/",
        "batch-print": f"{batch}print/",
        "file-replace": f"{batch}files/{problem}/replace/",
        "file-paste": f"{batch}files/{problem}/paste/",
        "file-remove": f"{batch}files/{problem}/remove/",
        "review": f"{batch}review/",
        "review-unsure": f"{batch}review/{text['Emil A SA24D.docx']}/",
        "review-conflict": f"{batch}review/{text['Axel Strömbäck.docx']}/",
        "review-no-match": f"{batch}review/{text['text (final).txt']}/",
        "review-certain": f"{batch}confirm/",
        "text": f"{batch}texts/{text['essay.pdf']}/",
    }


def make_world(stack: Stack) -> World:
    """A class, a batch to review, one with nothing in it, and an import to check."""
    token = stack.token()
    class_id = stack.make_class("SA24D", class_list())
    title = "Argumentative text: The library"
    batch = stack.make_batch(title, class_id, [*sample_essays(), damaged_file()])
    empty = stack.make_batch("Reading log, part 2", class_id, [])
    other = SampleFile("", "Axel Strömbäck.docx", next(iter(sample_essays())).content)
    locked = stack.make_batch("Letters", class_id, [other])
    stack.call(f"/api/v1{locked}lock/", method="POST", body={}, token=token)
    imports = f"/api/v1/classes/{class_id}/roster-imports/"
    listed = "Förnamn\tEfternamn\tE-post\nÅsa\tÖberg\tasa.oberg@elev.example\n\t\tnameless@elev.example\n"
    draft = stack.call(imports, method="POST", body={"text": listed}, token=token)["id"]
    students = stack.call(f"/api/v1/classes/{class_id}/students/", token=token)["results"]
    essays = stack.call(f"/api/v1{batch}essays/", token=token)["results"]
    text = {essay["file"]["name"]: essay["id"] for essay in essays}
    files = stack.call(f"/api/v1{batch}files/", token=token)["results"]
    problem = next(file["id"] for file in files if file["name"] == damaged_file().name)
    screens = {
        **_screens_of_class(f"/classes/{class_id}/", student=students[0]["id"], draft=draft),
        **_screens_of_batch(batch, problem=problem, text=text),
        **_OTHERS,
        "privacy-student": f"/privacy/students/{students[0]['id']}/",
        "batch-empty": empty,
        "batch-locked": locked,
    }
    return World(class_id, batch, screens)


def take_picture(page: Page, name: str) -> None:
    """What the window shows, with few colours, named by the screen and the window's width."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    assert page.viewport_size is not None
    path = PICTURES / f"{re.sub(r'[^a-z-]', '', name)}-{page.viewport_size['width']}.png"
    page.screenshot(path=path)
    picture = Image.open(path).convert("RGB")
    few = picture.quantize(96, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
