"""An index that tells when a teacher's last file was read: teachers take turns."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the index."""

    dependencies = [
        ("files", "0002_zip_entries"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="essayfile",
            index=models.Index(fields=["owner", "-read_at"], name="file_by_owner_and_reading"),
        ),
    ]
