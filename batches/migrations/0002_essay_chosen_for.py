from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0001_initial"),
        ("classes", "0003_studentalias"),
    ]

    operations = [
        migrations.AddField(
            model_name="essay",
            name="chosen_for",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="classes.student",
            ),
        ),
    ]
