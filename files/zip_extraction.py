"""A zip opened and read in one go, without a database: what `manage.py extract_essay` prints of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from files.actions import split_path
from files.archives import Listed, common_problem
from files.authorship import find_evidence
from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.reading import configured_limits
from files.sandbox import ReadResult, read_file
from files.unpacking import list_zip, unpack_entry


@dataclass(slots=True)
class _Reading:
    """The zip at `path` while its entries are read one after the other."""

    path: Path
    name: str
    limits: Limits
    seen: set[str] = field(default_factory=set)
    seconds: float = 0.0
    max_rss_mb: float = 0.0

    def read(self, listed: Listed) -> dict[str, Any]:
        """What the entry comes to."""
        if listed.status != "accepted":
            return _entry(listed, listed.status, listed.problem)
        try:
            content = unpack_entry(self.path, listed.entry, limits=self.limits)
        except ExtractionError as error:
            return _entry(listed, "rejected", error.code)
        digest = hashlib.sha256(content).hexdigest()
        if digest in self.seen:
            return _entry(listed, "ignored", "duplicate")
        self.seen.add(digest)
        folder, name = split_path(f"{self.name}/{listed.path}")
        with NamedTemporaryFile(prefix="huleedu-") as copy:
            copy.write(content)
            copy.flush()
            result = read_file(Path(copy.name), name=name, limits=self.limits)
        self.seconds += result.seconds
        self.max_rss_mb = max(self.max_rss_mb, result.max_rss_mb)
        return self._read_entry(listed, result, folder=folder, name=name)

    @staticmethod
    def _read_entry(listed: Listed, result: ReadResult, *, folder: str, name: str) -> dict[str, Any]:
        if result.status in ("rejected", "failed"):
            return _entry(listed, "rejected", result.problem)
        document = result.document or Document(detected_type="", text="")
        evidence = find_evidence(name=name, path=folder, document=document, sidecars=listed.sidecars, in_zip=True)
        found = [item.as_json() for item in evidence]
        return _entry(listed, "accepted", result.problem) | {"text": document.text, "evidence": found}


def _entry(listed: Listed, status: str, problem: str | None) -> dict[str, Any]:
    return {"path": listed.path, "status": status, "problem": problem, "text": "", "evidence": []}


def open_zip(path: Path) -> dict[str, Any]:
    """The contract's object for a zip, but for its path. Never raises for what the zip holds."""
    limits = configured_limits()
    _folder, name = split_path(path.name)
    opened = list_zip(path, name=name, limits=limits)
    reading = _Reading(path, name, limits, seconds=opened.seconds, max_rss_mb=opened.max_rss_mb)
    entries = [reading.read(listed) for listed in opened.listing.files]
    accepted = any(entry["status"] == "accepted" for entry in entries)
    refused = [entry["problem"] for entry in entries if entry["status"] == "rejected"]
    problem = None if accepted else opened.listing.problem or common_problem(refused)
    return {
        "status": "read" if accepted else "rejected",
        "problem": problem,
        "warning": None,
        "detected_type": "zip",
        "text": "",
        "evidence": [],
        "seconds": round(reading.seconds, 4),
        "max_rss_mb": reading.max_rss_mb,
        "source": opened.listing.source,
        "entries": entries,
    }
