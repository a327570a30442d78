"""Spellings that a teacher has taught."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("classes", "0002_student_replaced"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StudentAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("spelling", models.CharField(max_length=150, verbose_name="spelling")),
                ("place", models.CharField(blank=True, max_length=20)),
                ("learnt_from", models.UUIDField(blank=True, null=True)),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="aliases", to="classes.student"
                    ),
                ),
                (
                    "taught_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "spelling",
                "verbose_name_plural": "spellings",
                "ordering": ["spelling", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("student"),
                        django.db.models.functions.text.Lower("spelling"),
                        name="one_row_per_student_and_spelling",
                    ),
                    models.CheckConstraint(condition=models.Q(("spelling", ""), _negated=True), name="spelling_is_set"),
                ],
            },
        ),
    ]
