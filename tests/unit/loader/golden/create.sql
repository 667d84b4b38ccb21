CREATE TABLE "acme-north"."tickets" ("sk" VARCHAR(32), "tenant_id" VARCHAR(63), "id" BIGINT, "effective_from" TIMESTAMP, "effective_to" TIMESTAMP, "is_current" BOOLEAN, "is_deleted" BOOLEAN, "source_updated_at" TIMESTAMP, "attr_hash" VARCHAR(32), "recorded_at" TIMESTAMP, "run_id" VARCHAR(64), "mapping_version" INTEGER, "sequence" BIGINT, "load_notes" VARCHAR(4000), "summary" VARCHAR(100), "price" DECIMAL(18,2), "tags" SUPER)
DISTSTYLE AUTO SORTKEY ("effective_from");

INSERT INTO "acme-north"."load_ledger"
  ("load_id", "table_name", "first_sequence", "last_sequence", "rows", "loaded_at")
VALUES ('0123456789abcdef0123456789abcdef', 'tickets', 0, 0, 0, GETDATE());

INSERT INTO "acme-north"."load_columns"
  ("table_name", "position", "column_name", "column_type", "is_key")
VALUES
  ('tickets', 1, 'sk', 'varchar(32)', FALSE),
  ('tickets', 2, 'tenant_id', 'varchar(63)', FALSE),
  ('tickets', 3, 'id', 'bigint', TRUE),
  ('tickets', 4, 'effective_from', 'timestamp', FALSE),
  ('tickets', 5, 'effective_to', 'timestamp', FALSE),
  ('tickets', 6, 'is_current', 'boolean', FALSE),
  ('tickets', 7, 'is_deleted', 'boolean', FALSE),
  ('tickets', 8, 'source_updated_at', 'timestamp', FALSE),
  ('tickets', 9, 'attr_hash', 'varchar(32)', FALSE),
  ('tickets', 10, 'recorded_at', 'timestamp', FALSE),
  ('tickets', 11, 'run_id', 'varchar(64)', FALSE),
  ('tickets', 12, 'mapping_version', 'integer', FALSE),
  ('tickets', 13, 'sequence', 'bigint', FALSE),
  ('tickets', 14, 'load_notes', 'varchar(4000)', FALSE),
  ('tickets', 15, 'summary', 'varchar(100)', FALSE),
  ('tickets', 16, 'price', 'decimal(18,2)', FALSE),
  ('tickets', 17, 'tags', 'super', FALSE);

CREATE VIEW "acme-north"."tickets_current" AS
SELECT "sk", "tenant_id", "id", "effective_from", "effective_to", "is_current", "is_deleted", "source_updated_at", "attr_hash", "recorded_at", "run_id", "mapping_version", "sequence", "load_notes", "summary", "price", "tags"
FROM "acme-north"."tickets"
WHERE "is_current";

SELECT
  COALESCE(MAX("last_sequence"), 0) AS "last_sequence",
  CAST(COALESCE(SUM("rows"), 0) AS BIGINT) AS "all_rows",
  CAST(COALESCE(SUM(CASE WHEN "last_sequence" > 0 THEN "rows" ELSE 0 END), 0)
    AS BIGINT) AS "new_rows",
  CAST(EXTRACT(EPOCH FROM MAX("loaded_at")) AS BIGINT) AS "loaded_at",
  COUNT("problem") AS "set_aside"
FROM "acme-north"."load_ledger"
WHERE "table_name" = 'tickets' AND "last_sequence" > 0;

SELECT "column_name", "column_type", "is_key"
FROM "acme-north"."load_columns"
WHERE "table_name" = 'tickets'
ORDER BY "position";

