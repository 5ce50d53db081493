from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviewapp", "0012_candidate_running_at")]

    operations = [
        migrations.AddField("providerkey", "account_changed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "providerkey", "secret_print", models.CharField(blank=True, max_length=64, default=""),
            preserve_default=False,
        ),
    ]  # fmt: skip
