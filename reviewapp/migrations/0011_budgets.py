from __future__ import annotations

from datetime import UTC

from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, TruncDate

import reviewapp.models.money


def tell_days(apps, schema_editor):
    """Each line's day is that of the reservation which it writes or closes."""
    entries = apps.get_model("reviewapp", "LedgerEntry").objects
    entries.update(day=TruncDate("at", tzinfo=UTC))
    opened = entries.filter(
        candidate=OuterRef("candidate"), attempt=OuterRef("attempt"), kind="reserved"
    ).order_by()
    closings = entries.exclude(kind="reserved")
    closings.update(day=Coalesce(Subquery(opened.values("day")[:1]), "day"))


class Migration(migrations.Migration):
    dependencies = [
        ("reviewapp", "0010_cleaning"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="ledgerentry",
            name="reviewapp_l_key_id_65df60_idx",
        ),
        migrations.AddField(
            model_name="candidate",
            name="short_of",
            field=models.CharField(
                blank=True,
                choices=[
                    ("project", "the project's budget"),
                    ("day", "the project's budget of the day"),
                    ("shot", "the shot's budget"),
                    ("key", "the key's budget"),
                    ("key_day", "the key's budget of the day"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="day",
            field=models.DateField(default=reviewapp.models.money.utc_day),
        ),
        migrations.RunPython(tell_days, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                condition=models.Q(("short_of", ""), _negated=True),
                fields=["short_of"],
                name="candidate_short",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["project", "day"], name="ledger_project_day"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["key", "day"], name="ledger_key_day"),
        ),
    ]
