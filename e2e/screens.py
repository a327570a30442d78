"""Every screen a teacher can open, in a world that shows what it is for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Page

from batches.samples import SampleFile, class_list, damaged_file, sample_essays
from e2e.conftest import ARTIFACTS, DEMO_TEACHER, ROOT, TEACHER, Stack

APPROVED = ROOT / "docs" / "screenshots"
FOR_THE_DOCS = "SCREENSHOTS" in os.environ
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
        "batch-names": f"{batch}names/",
        "batch-class": f"{batch}class/",
        "batch-archive": f"{batch}archive/",
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
    """A class, a batch to review, one with nothing in it, an import to check, and what is left of earlier work."""
    token = stack.token()
    class_id = stack.make_class("SA24D", class_list())
    title = "Argumentative text: The library"
    batch = stack.make_batch(title, class_id, [*sample_essays(), damaged_file()])
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
        "batch-empty": stack.make_batch("Reading log, part 2", class_id, []),
        **_screens_of_locked(stack, class_id),
        **_screens_of_decided(stack, class_id),
        **_screens_of_merged(stack),
        **_screens_of_shared(stack),
    }
    return World(class_id, batch, screens)


def _first(nth: int) -> SampleFile:
    return list(sample_essays())[nth]


def _screens_of_locked(stack: Stack, class_id: str) -> dict[str, str]:
    """A batch whose files are final."""
    other = SampleFile("", "Axel Strömbäck.docx", _first(0).content)
    locked = stack.make_batch("Letters", class_id, [other])
    stack.call(f"/api/v1{locked}lock/", method="POST", body={}, token=stack.token())
    return {"batch-locked": locked, "batch-unlock": f"{locked}unlock/", "batch-start": f"{locked}start/"}


def _screens_of_decided(stack: Stack, class_id: str) -> dict[str, str]:
    """A batch of which every text is decided, two of them versions of one."""
    token = stack.token()
    one, other = [file for file in sample_essays() if file.name.endswith(".docx")][:2]
    later = SampleFile("", f"second {one.name}", other.content)
    batch = stack.make_batch("Summary", class_id, [one, later])
    essays = stack.call(f"/api/v1{batch}essays/", token=token)["results"]
    student = stack.call(f"/api/v1/classes/{class_id}/students/", token=token)["results"][0]["id"]
    for essay in essays:
        body = {"student_id": student, "version": essay["version"]}
        stack.call(f"/api/v1/essays/{essay['id']}/association/", method="PUT", body=body, token=token)
    return {"review-done": f"{batch}review/", "text-versions": f"{batch}texts/{essays[0]['id']}/"}


def _screens_of_merged(stack: Stack) -> dict[str, str]:
    """A class with an import behind it and two rows that were the same person; then put away."""
    token = stack.token()
    class_id = stack.make_class("TE25C", "Förnamn\tEfternamn\nLiv\tSandberg\nLiv M\tSandberg\nTage\tHult\n")
    school = f"/classes/{class_id}/"
    students = stack.call(f"/api/v1{school}students/", token=token)["results"]
    kept, other = (next(s["id"] for s in students if s["given_name"] == name) for name in ("Liv", "Liv M"))
    stack.call(f"/api/v1/students/{other}/merge/", method="POST", body={"into": kept}, token=token)
    merge = stack.call(f"/api/v1/students/{kept}/merges/", token=token)[0]["id"]
    applied = stack.imports[class_id]
    away = stack.make_class("TE24C", "Förnamn\tEfternamn\nTage\tHult\n")
    stack.call(f"/api/v1/classes/{away}/archive/", method="POST", body={}, token=token)
    return {
        "student-merge": f"{school}students/{kept}/merge/",
        "student-unmerge": f"{school}students/{kept}/merges/{merge}/undo/",
        "import-done": f"{school}import/{applied}/done/",
        "import-undo": f"{school}import/{applied}/undo/",
        "class-archived": f"/classes/{away}/",
        "classes-archived": "/classes/?archived=1",
    }


def _screens_of_shared(stack: Stack) -> dict[str, str]:
    """What a colleague lets this teacher read."""
    class_id = stack.make_class("BF24A", class_list(), who=DEMO_TEACHER)
    shares, body = f"/api/v1/classes/{class_id}/shares/", {"email": TEACHER[0], "can_change": False}
    stack.call(shares, method="POST", body=body, token=stack.token(DEMO_TEACHER))
    batch = stack.make_batch("Speech", class_id, list(sample_essays())[-4:], who=DEMO_TEACHER)
    return {"class-shared": f"/classes/{class_id}/", "batch-shared": batch, "review-shared": f"{batch}review/"}


def take_picture(page: Page, name: str) -> Path:
    """What the window shows, named by the screen and the window's width; with few colours where it goes to the docs."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    assert page.viewport_size is not None
    path = PICTURES / f"{re.sub(r'[^a-z-]', '', name)}-{page.viewport_size['width']}.png"
    page.screenshot(path=path)
    if FOR_THE_DOCS:
        picture = Image.open(path).convert("RGB")
        few = picture.quantize(104, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
    return path


def changed(picture: Path) -> float:
    """The part of the pixels that are others than in the picture of the docs; 1 where there is none of its size.

    Shades within a quarter of the scale are the same: the docs' pictures have few colours.
    """
    approved = APPROVED / picture.name
    if not approved.exists():
        return 1
    new, old = (Image.open(path).convert("L") for path in (picture, approved))
    if new.size != old.size:
        return 1
    other = ImageChops.difference(new, old).histogram()[64:]
    return sum(other) / (new.width * new.height)
