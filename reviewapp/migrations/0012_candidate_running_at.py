from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviewapp", "0011_budgets")]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="running_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
