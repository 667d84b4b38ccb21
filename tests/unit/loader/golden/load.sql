SELECT 1 / CASE WHEN COALESCE(MAX("last_sequence"), -1) = 4
  THEN 1 ELSE 0 END AS "guard"
FROM "acme-north"."load_ledger"
WHERE "table_name" = 'tickets';

CREATE TEMP TABLE "staging_0123456789abcdef0123456789abcdef" ("op" VARCHAR(6), "sk" VARCHAR(32), "tenant_id" VARCHAR(63), "id" BIGINT, "effective_from" TIMESTAMP, "effective_to" TIMESTAMP, "is_current" BOOLEAN, "is_deleted" BOOLEAN, "source_updated_at" TIMESTAMP, "attr_hash" VARCHAR(32), "recorded_at" TIMESTAMP, "run_id" VARCHAR(64), "mapping_version" INTEGER, "sequence" BIGINT, "load_notes" VARCHAR(4000), "summary" VARCHAR(100), "price" DECIMAL(18,2), "tags" VARCHAR(65535));

COPY "staging_0123456789abcdef0123456789abcdef" ("op", "sk", "tenant_id", "id", "effective_from", "effective_to", "is_current", "is_deleted", "source_updated_at", "attr_hash", "recorded_at", "run_id", "mapping_version", "sequence", "load_notes", "summary", "price", "tags")
FROM 's3://bucket/acme-north/canonical/tickets/manifests/0123456789abcdef0123456789abcdef.json'
IAM_ROLE 'arn:aws:iam::000000000000:role/copy'
FORMAT AS PARQUET MANIFEST;

SELECT 1 / CASE WHEN COUNT(*) = 1234
  THEN 1 ELSE 0 END AS "row_count"
FROM "staging_0123456789abcdef0123456789abcdef";

DELETE FROM "acme-north"."tickets"
USING "staging_0123456789abcdef0123456789abcdef" AS "s"
WHERE "tickets"."sk" = "s"."sk" AND "s"."op" IN ('open', 'remove');

INSERT INTO "acme-north"."tickets" ("sk", "tenant_id", "id", "effective_from", "effective_to", "is_current", "is_deleted", "source_updated_at", "attr_hash", "recorded_at", "run_id", "mapping_version", "sequence", "load_notes", "summary", "price", "tags")
SELECT "sk", "tenant_id", "id", "effective_from", "effective_to", "is_current", "is_deleted", "source_updated_at", "attr_hash", "recorded_at", "run_id", "mapping_version", "sequence", "load_notes", "summary", "price", JSON_PARSE("tags")
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY "sk" ORDER BY "sequence" DESC, "op") AS "nth"
  FROM "staging_0123456789abcdef0123456789abcdef"
  WHERE "op" IN ('open', 'remove')
) AS "s"
WHERE "nth" = 1 AND "op" = 'open';

UPDATE "acme-north"."tickets"
SET "effective_from" = "s"."effective_from", "effective_to" = "s"."effective_to", "is_current" = "s"."is_current", "is_deleted" = "s"."is_deleted", "recorded_at" = "s"."recorded_at", "run_id" = "s"."run_id", "sequence" = "s"."sequence"
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY "sk" ORDER BY "sequence" DESC) AS "nth"
  FROM "staging_0123456789abcdef0123456789abcdef"
  WHERE "op" = 'close'
) AS "s"
WHERE "tickets"."sk" = "s"."sk" AND "s"."nth" = 1 AND "s"."sequence" >= "tickets"."sequence";

UPDATE "acme-north"."load_ledger"
SET "next_load_id" = '0123456789abcdef0123456789abcdef'
WHERE "table_name" = 'tickets' AND "last_sequence" = 4;

INSERT INTO "acme-north"."load_ledger"
  ("load_id", "table_name", "first_sequence", "last_sequence", "rows", "loaded_at")
SELECT '0123456789abcdef0123456789abcdef', 'tickets', 5, 7, COUNT(*), GETDATE()
FROM "staging_0123456789abcdef0123456789abcdef";

