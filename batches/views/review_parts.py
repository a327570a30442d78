"""The parts of the review that a page asks for again when something happened: each costs no more than it shows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404

from batches.models import Batch, Essay
from batches.review.candidates import clues_in, clues_of, letter_clues
from batches.review.highlighting import piece_html
from batches.review.queue import read_queue
from batches.review.readers import People, read_readers
from batches.review.told import read_told
from batches.views.frame import batch_frame, frame_context
from batches.views.review_context import queue_context, review_context
from huleedu.common.access import get_visible
from huleedu.common.requests import PageRequest

Context = dict[str, Any]


def queue_part(request: PageRequest, batch_id: UUID, text_id: UUID | None) -> Context:
    """The queue and the numbers, also beside an open text that has been removed."""
    frame = batch_frame(request, batch_id, tab="review")
    queue = read_queue(frame.batch, viewer=request.user)
    return frame_context(frame, **queue_context(frame, queue, request, open_id=text_id))


def meanwhile_part(request: PageRequest, batch_id: UUID, text_id: UUID | None) -> Context:
    """What somebody decided about the open text, and in passing about another one.

    All the rest is read only where there is something to tell of the open text.
    """
    texts = Essay.objects.filter(batch__public_id=batch_id).select_related("batch", "association")
    essay = get_visible(texts, request.user, text_id) if text_id else None
    seen = request.GET.get("seen", "")
    if essay is None:
        return review_context(request, batch_id, text_id=text_id)
    told = read_told(essay.batch, viewer=request.user, open_id=text_id, since=request.GET.get("told", ""))
    news = {"told": told, "told_at": told.at if told else ""}
    if str(essay.association.version) != seen:
        return {**review_context(request, batch_id, text_id=text_id), **news}
    return {"batch": essay.batch, "open_id": text_id, "seen": seen, "meanwhile": "", **news}


def others_part(request: PageRequest, batch_id: UUID, text_id: UUID | None) -> Context:
    """The students found by the words in the search."""
    return review_context(request, batch_id, text_id=text_id)


def rest_part(request: PageRequest, batch_id: UUID, text_id: UUID | None) -> Context:
    """What comes next of a long text, from the character `?from=` on."""
    if text_id is None:
        raise Http404
    texts = Essay.objects.filter(batch__public_id=batch_id).select_related("batch", "association", "file")
    essay = get_visible(texts, request.user, text_id)
    clues, letters = clues_of(essay.association), letter_clues(essay.association)
    asked = request.GET.get("from", "")
    start = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    piece = piece_html(essay.file.text, clues_in("text", clues, letters), start=start)
    return {"batch": essay.batch, "essay": essay, "piece": piece}


def around_part(request: PageRequest, batch_id: UUID, _text_id: UUID | None) -> Context:
    """The lock and the clock, which decide what can be done with the open text."""
    return frame_context(batch_frame(request, batch_id, tab="review"))


def presence_part(request: PageRequest, batch_id: UUID, _text_id: UUID | None) -> Context:
    """Who else is here, and at which text. The texts without readers are in it too, so that theirs go."""
    batch = get_visible(Batch.objects, request.user, batch_id)
    texts = Essay.objects.live().filter(batch=batch).order_by("pk")
    readers = read_readers(batch, viewer=request.user)
    of_texts = [(key, readers.of_text.get(str(key), People())) for key in texts.values_list("public_id", flat=True)]
    return {"batch": batch, "readers": readers, "of_texts": of_texts}


PARTS = {
    "queue": ("batches/_review_live.html", queue_part),
    "meanwhile": ("batches/_review_meanwhile.html", meanwhile_part),
    "others": ("batches/_review_others.html", others_part),
    "rest": ("batches/_review_rest.html", rest_part),
    "around": ("batches/_review_around.html", around_part),
    "presence": ("batches/_review_presence.html", presence_part),
}
"""By the id that htmx asks for: the template and what it is given."""
