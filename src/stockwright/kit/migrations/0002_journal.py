from __future__ import annotations

from django.db import migrations

# Partitioned tables, which Django does not make by itself. Partitions are made by kit.partitions.
FORWARD = """
CREATE TABLE kit_journalevent (
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    kind varchar(80) NOT NULL,
    actor varchar(80) NOT NULL,
    call uuid,
    reason text NOT NULL,
    data jsonb NOT NULL,
    -- Time first: it is the order in which the journal is read.
    PRIMARY KEY (occurred_at, id)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX journal_by_kind ON kit_journalevent (kind, occurred_at DESC);
CREATE INDEX journal_recorded ON kit_journalevent (recorded_at);

CREATE TABLE kit_journalobject (
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    type varchar(40) NOT NULL,
    object_id bigint NOT NULL,
    role varchar(40) NOT NULL,
    PRIMARY KEY (type, object_id, occurred_at, event_id, role)
) PARTITION BY RANGE (occurred_at);
-- The objects of some events, by their time: a page of the journal. Next to nothing to keep up.
CREATE INDEX journal_object_time ON kit_journalobject USING brin (occurred_at)
    WITH (pages_per_range = 16, autosummarize = on);
"""


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_initial")]

    operations = [
        migrations.RunSQL(FORWARD, "DROP TABLE kit_journalevent; DROP TABLE kit_journalobject;"),
    ]
