from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="RateBucket",
            fields=[
                ("caller", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("tokens", models.FloatField()),
                ("filled_at", models.DateTimeField()),
            ],
        ),
        # A counter for seconds is not worth a line in the write-ahead log.
        migrations.RunSQL("ALTER TABLE api_ratebucket SET UNLOGGED", "ALTER TABLE api_ratebucket SET LOGGED"),
    ]
