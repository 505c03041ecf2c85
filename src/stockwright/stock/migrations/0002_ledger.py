from __future__ import annotations

from django.db import migrations

# The ledger is partitioned by month, which Django does not do by itself. Partitions are made by kit.partitions.
FORWARD = """
CREATE SEQUENCE stock_movement_id_seq AS bigint;
CREATE TABLE stock_movement (
    id bigint NOT NULL DEFAULT nextval('stock_movement_id_seq'),
    variant_id bigint NOT NULL REFERENCES catalog_variant (id),
    units integer NOT NULL CHECK (units > 0),
    from_location_id bigint NOT NULL REFERENCES stock_location (id),
    from_condition varchar(15) NOT NULL DEFAULT 'sellable',
    to_location_id bigint NOT NULL REFERENCES stock_location (id),
    to_condition varchar(15) NOT NULL DEFAULT 'sellable',
    from_bin_id bigint REFERENCES stock_bin (id),
    to_bin_id bigint REFERENCES stock_bin (id),
    lot_id bigint REFERENCES stock_lot (id),
    reason varchar(12) NOT NULL,
    reference_type varchar(40) NOT NULL DEFAULT '',
    reference_id bigint,
    note text NOT NULL DEFAULT '',
    unit_cost numeric(16, 4),
    actor varchar(80) NOT NULL,
    call uuid,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
ALTER SEQUENCE stock_movement_id_seq OWNED BY stock_movement.id;
CREATE INDEX movement_of_variant ON stock_movement (variant_id, occurred_at DESC, id DESC);
CREATE INDEX movement_of_reference ON stock_movement (reference_type, reference_id)
    WHERE reference_id IS NOT NULL;
"""

# Levels are updated in place all day long: room on the page keeps those updates off the indexes.
ROOM = "ALTER TABLE stock_level SET (fillfactor = 60);"

LOCATIONS = """
INSERT INTO stock_location (code, name, kind, priority, ships_orders, active, address) VALUES
    ('suppliers', 'Suppliers', 'supplier', 900, false, true, '{}'),
    ('customers', 'Customers', 'customer', 900, false, true, '{}'),
    ('transit', 'In transit', 'transit', 900, false, true, '{}'),
    ('scrap', 'Scrap', 'scrap', 900, false, true, '{}'),
    ('shrinkage', 'Shrinkage', 'shrinkage', 900, false, true, '{}'),
    ('before', 'Before the ledger', 'before', 900, false, true, '{}');
"""


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial")]

    operations = [
        migrations.RunSQL(FORWARD, "DROP TABLE stock_movement;"),
        migrations.RunSQL(ROOM, "ALTER TABLE stock_level RESET (fillfactor);"),
        migrations.RunSQL(LOCATIONS, "DELETE FROM stock_location WHERE priority = 900;"),
    ]
