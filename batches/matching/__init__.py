"""Who wrote which essay. Pure: neither Django nor Celery, so that it can be tested and measured by itself.

`whole_batch` decides; `find` looks for students in every place of a file, `fit` compares names as people write them,
`weights` is the whole model. `spoken_of` tells who signs from who is mentioned, `spellings` what a correction teaches,
`disagreement` what the clues of a conflict disagree about, `name_pattern` where the names stand in the file names of
one batch.
"""

from __future__ import annotations

from batches.matching.find import RosterIndex
from batches.matching.whole_batch import (
    REASONS,
    Candidate,
    Certainty,
    EssayClues,
    Reason,
    RosterStudent,
    Suggestion,
    match_essays,
    prepare_roster,
)

__all__ = [
    "REASONS",
    "Candidate",
    "Certainty",
    "EssayClues",
    "Reason",
    "RosterIndex",
    "RosterStudent",
    "Suggestion",
    "match_essays",
    "prepare_roster",
]
