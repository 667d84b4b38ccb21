DELETE FROM "acme-north"."load_ledger"
WHERE "table_name" = 'tickets' AND "last_sequence" >= 5;

UPDATE "acme-north"."load_ledger"
SET "next_load_id" = NULL
WHERE "table_name" = 'tickets' AND "last_sequence" = (
  SELECT MAX("last_sequence") FROM "acme-north"."load_ledger" WHERE "table_name" = 'tickets'
);

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

