"""Every change of a batch. Locks are always taken in the order classes, students, batches, texts, files.

Pages, API and tasks are doors onto these; each is one transaction with its audit rows and events.
"""

from batches.actions.batches import create_batch, update_batch
from batches.actions.deadlines import confirm_at_deadline, remind_of_deadline
from batches.actions.decisions import (
    clear_decision,
    confirm_matches,
    decide_new_student,
    decide_student,
    undo_decisions,
)
from batches.actions.deleting import delete_batch, purge_removed_files
from batches.actions.excuses import excuse_student, expect_student
from batches.actions.files import (
    add_files,
    paste_text,
    remove_file,
    restore_file,
    retry_batch_file,
    retry_batch_files,
)
from batches.actions.handing_over import end_hand_over, hand_out_texts, receive_hand_over
from batches.actions.letters import write_letters
from batches.actions.lifecycle import (
    archive_batch,
    cancel_batch,
    lock_batch,
    reopen_batch,
    start_batch,
    unlock_batch,
)
from batches.actions.matching import match_batch, rematch_batch
from batches.actions.moving_on import move_on
from batches.actions.name_patterns import clear_name_pattern, set_name_pattern
from batches.actions.phases import complete_phase, give_up_phases, refuse_phases, report_phase, retry_phases
from batches.actions.protecting import protect_student
from batches.actions.reading import begin_reading, finish_reading, give_up_reading
from batches.actions.students import merge_students
from batches.actions.transferring import transfer_class
from batches.actions.unmerging import Unmerge, read_unmerge, unmerge_students
from batches.actions.versions import count_version
from batches.actions.zips import add_entry, begin_entries, end_entries

__all__ = [
    "Unmerge",
    "add_entry",
    "add_files",
    "archive_batch",
    "begin_entries",
    "begin_reading",
    "cancel_batch",
    "clear_decision",
    "clear_name_pattern",
    "complete_phase",
    "confirm_at_deadline",
    "confirm_matches",
    "count_version",
    "create_batch",
    "decide_new_student",
    "decide_student",
    "delete_batch",
    "end_entries",
    "end_hand_over",
    "excuse_student",
    "expect_student",
    "finish_reading",
    "give_up_phases",
    "give_up_reading",
    "hand_out_texts",
    "lock_batch",
    "match_batch",
    "merge_students",
    "move_on",
    "paste_text",
    "protect_student",
    "purge_removed_files",
    "read_unmerge",
    "receive_hand_over",
    "refuse_phases",
    "rematch_batch",
    "remind_of_deadline",
    "remove_file",
    "reopen_batch",
    "report_phase",
    "restore_file",
    "retry_batch_file",
    "retry_batch_files",
    "retry_phases",
    "set_name_pattern",
    "start_batch",
    "transfer_class",
    "undo_decisions",
    "unlock_batch",
    "unmerge_students",
    "update_batch",
    "write_letters",
]
