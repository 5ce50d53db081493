from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviewapp", "0015_receiver_stopped")]

    operations = [
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["status", "due_at"],
                name="candidate_status_due",
            ),
        ),
    ]
