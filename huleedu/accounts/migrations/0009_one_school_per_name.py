from __future__ import annotations

from typing import Any

import django.db.models.functions.text
from django.db import migrations, models


def tell_apart(apps: Any, schema_editor: Any) -> None:
    """Of schools with the same name the later ones get the beginning of their id: they may well be two schools."""
    seen = set()
    for school in apps.get_model("accounts", "School").objects.order_by("pk"):
        if school.name.upper() in seen:
            school.name = f"{school.name[:180]} ({str(school.public_id)[:8]})"
            school.save(update_fields=["name"])
        seen.add(school.name.upper())


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_ticket_session")]

    operations = [
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="school",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("name"), name="one_school_per_name"
            ),
        ),
    ]
