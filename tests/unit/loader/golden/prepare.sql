CREATE SCHEMA IF NOT EXISTS "acme-north";

CREATE TABLE IF NOT EXISTS "acme-north"."load_ledger" (
  "load_id" VARCHAR(64) NOT NULL,
  "table_name" VARCHAR(63) NOT NULL,
  "first_sequence" BIGINT NOT NULL,
  "last_sequence" BIGINT NOT NULL,
  "rows" BIGINT NOT NULL,
  "loaded_at" TIMESTAMP NOT NULL,
  "next_load_id" VARCHAR(64),
  "problem" VARCHAR(4000)
);

CREATE TABLE IF NOT EXISTS "acme-north"."load_columns" (
  "table_name" VARCHAR(63) NOT NULL,
  "position" INTEGER NOT NULL,
  "column_name" VARCHAR(63) NOT NULL,
  "column_type" VARCHAR(32) NOT NULL,
  "is_key" BOOLEAN NOT NULL
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

