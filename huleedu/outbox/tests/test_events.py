"""What every event type promises: a frozen name, a bus contract where it has a topic, nothing personal for browsers."""

from __future__ import annotations

import pytest

from huleedu.outbox.events import REGISTRY, EventData

NOT_FOR_BROWSERS = ("name", "email", "title", "text", "designation", "user_id", "student_id", "students")

CONTRACTS = {
    "student.parsing.completed": (
        "huleedu.file.student.parsing.completed.v1",
        {"batch_id", "parsed_by_user_id", "students"},
    ),
    "batch.file.added": ("huleedu.file.batch.file.added.v1", {"batch_id", "file_name", "added_by_user_id"}),
    "batch.file.removed": ("huleedu.file.batch.file.removed.v1", {"batch_id", "file_name", "removed_by_user_id"}),
    "class.created": ("huleedu.class.created.v1", {"class_id", "teacher_user_id", "class_designation"}),
    "student.created": ("huleedu.class.student.created.v1", {"student_id", "student_email", "created_by_user_id"}),
    "essay.student.association.updated": (
        "huleedu.class.essay.association.updated.v1",
        {"essay_id", "student_id", "batch_id", "updated_by_user_id"},
    ),
}


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_browsers_are_told_ids_states_and_versions_only(name: str) -> None:
    model: type[EventData] = REGISTRY[name]
    allowed = set(model.model_fields) - {"event_type"}
    assert set(model.public_fields) <= allowed
    personal = [
        field
        for field in model.public_fields
        if any(part in field for part in NOT_FOR_BROWSERS) and field != "student_id"
    ]
    assert personal == []


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_bus_contracts_keep_their_names(name: str) -> None:
    topic, fields = CONTRACTS[name]
    model = REGISTRY[name]
    assert model.topic == topic
    assert fields <= set(model.model_fields)
    required = {field for field, info in model.model_fields.items() if info.is_required()}
    assert required <= fields, "a field the contract does not know must be optional"
    assert model.model_fields["event_type"].default == name


def test_every_type_is_registered_under_its_own_name() -> None:
    assert len(REGISTRY) >= len(CONTRACTS)
    for name, model in REGISTRY.items():
        assert model.model_fields["event_type"].default == name
