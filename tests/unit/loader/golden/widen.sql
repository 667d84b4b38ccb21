DROP VIEW IF EXISTS "acme-north"."tickets_current";

ALTER TABLE "acme-north"."tickets" ALTER COLUMN "summary" TYPE VARCHAR(300);

CREATE VIEW "acme-north"."tickets_current" AS
SELECT "sk", "tenant_id", "id", "effective_from", "effective_to", "is_current", "is_deleted", "source_updated_at", "attr_hash", "recorded_at", "run_id", "mapping_version", "sequence", "load_notes", "summary", "price", "tags"
FROM "acme-north"."tickets"
WHERE "is_current";

