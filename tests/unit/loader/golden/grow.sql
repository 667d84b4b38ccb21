ALTER TABLE "acme-north"."tickets" ADD COLUMN "severity" VARCHAR(20);

ALTER TABLE "acme-north"."tickets" ADD COLUMN "closed" BOOLEAN;

DROP VIEW IF EXISTS "acme-north"."tickets_current";

INSERT INTO "acme-north"."load_columns"
  ("table_name", "position", "column_name", "column_type", "is_key")
VALUES
  ('tickets', 18, 'severity', 'varchar(20)', FALSE),
  ('tickets', 19, 'closed', 'boolean', FALSE);

UPDATE "acme-north"."load_columns"
SET "column_type" = CASE "column_name"
  WHEN 'summary' THEN 'varchar(300)'
  ELSE "column_type" END
WHERE "table_name" = 'tickets';

CREATE VIEW "acme-north"."tickets_current" AS
SELECT "sk", "tenant_id", "id", "effective_from", "effective_to", "is_current", "is_deleted", "source_updated_at", "attr_hash", "recorded_at", "run_id", "mapping_version", "sequence", "load_notes", "summary", "price", "tags", "severity", "closed"
FROM "acme-north"."tickets"
WHERE "is_current";

SELECT
  COALESCE(MAX("last_sequence"), 0) AS "last_sequence",
  CAST(COALESCE(SUM("rows"), 0) AS BIGINT) AS "all_rows",
  CAST(COALESCE(SUM(CASE WHEN "last_sequence" > 4 THEN "rows" ELSE 0 END), 0)
    AS BIGINT) AS "new_rows",
  CAST(EXTRACT(EPOCH FROM MAX("loaded_at")) AS BIGINT) AS "loaded_at",
  COUNT("problem") AS "set_aside"
FROM "acme-north"."load_ledger"
WHERE "table_name" = 'tickets' AND "last_sequence" > 0;

SELECT "column_name", "column_type", "is_key"
FROM "acme-north"."load_columns"
WHERE "table_name" = 'tickets'
ORDER BY "position";

