SELECT 1 / CASE WHEN COALESCE(MAX("last_sequence"), -1) = 4
  THEN 1 ELSE 0 END AS "guard"
FROM "acme-north"."load_ledger"
WHERE "table_name" = 'tickets';

UPDATE "acme-north"."load_ledger"
SET "next_load_id" = '0123456789abcdef0123456789abcdef'
WHERE "table_name" = 'tickets' AND "last_sequence" = 4;

INSERT INTO "acme-north"."load_ledger"
  ("load_id", "table_name", "first_sequence", "last_sequence", "rows", "loaded_at", "problem")
VALUES ('0123456789abcdef0123456789abcdef', 'tickets', 5, 5, 0, GETDATE(),
  'Spectrum Scan Error   it''s   broken');

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

