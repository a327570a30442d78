"""Every change of classes, students and class lists."""

from classes.actions.aliases import forget_alias, teach_alias
from classes.actions.applying import apply_import, undo_import
from classes.actions.classes import (
    archive_class,
    copy_class,
    create_class,
    delete_class,
    remove_share,
    restore_class,
    settings_of,
    share_class,
    update_class,
)
from classes.actions.imports import Preview, build_preview, preview_roster, read_other_ways, read_preview, revise_import
from classes.actions.several import move_students, remove_students, undo_leaving
from classes.actions.students import (
    add_student,
    delete_student,
    enrol_student,
    forget_number,
    overtaken,
    remove_student,
    update_student,
)

__all__ = [
    "Preview",
    "add_student",
    "apply_import",
    "archive_class",
    "build_preview",
    "copy_class",
    "create_class",
    "delete_class",
    "delete_student",
    "enrol_student",
    "forget_alias",
    "forget_number",
    "move_students",
    "overtaken",
    "preview_roster",
    "read_other_ways",
    "read_preview",
    "remove_share",
    "remove_student",
    "remove_students",
    "restore_class",
    "revise_import",
    "settings_of",
    "share_class",
    "teach_alias",
    "undo_import",
    "undo_leaving",
    "update_class",
    "update_student",
]
