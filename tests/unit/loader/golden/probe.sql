CREATE TEMP TABLE "staging_0123456789abcdef0123456789abcdef" ("op" VARCHAR(6), "sk" VARCHAR(32), "tenant_id" VARCHAR(63), "id" BIGINT, "effective_from" TIMESTAMP, "effective_to" TIMESTAMP, "is_current" BOOLEAN, "is_deleted" BOOLEAN, "source_updated_at" TIMESTAMP, "attr_hash" VARCHAR(32), "recorded_at" TIMESTAMP, "run_id" VARCHAR(64), "mapping_version" INTEGER, "sequence" BIGINT, "load_notes" VARCHAR(4000), "summary" VARCHAR(100), "price" DECIMAL(18,2), "tags" VARCHAR(65535));

COPY "staging_0123456789abcdef0123456789abcdef" ("op", "sk", "tenant_id", "id", "effective_from", "effective_to", "is_current", "is_deleted", "source_updated_at", "attr_hash", "recorded_at", "run_id", "mapping_version", "sequence", "load_notes", "summary", "price", "tags")
FROM 's3://bucket/acme-north/canonical/tickets/manifests/0123456789abcdef0123456789abcdef.json'
IAM_ROLE 'arn:aws:iam::000000000000:role/copy'
FORMAT AS PARQUET MANIFEST;

SELECT 1 / CASE WHEN COUNT(*) = 1234
  THEN 1 ELSE 0 END AS "row_count"
FROM "staging_0123456789abcdef0123456789abcdef";

