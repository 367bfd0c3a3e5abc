/** Sets up an empty database as Django would, so that a Django that joins later finds nothing left to do. */
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../interpreter/errors.ts"
import type { Client } from "./client.ts"
import { actions, type DjangoApp, djangoApps, migrationsTable, models } from "./django-tables.ts"
import { script } from "./statement.ts"

/** Two processes that start at once take turns; the other may be busy for long. */
const PATIENCE_SECONDS = 60
/** Any number will do, as long as it is always the same: "latchkey" read as eight bytes. */
const LOCK = "7809647069352092025"

/**
 * Creates the tables that are absent. An app of Django that is there, in whatever state, is left as it is, and so is
 * one whose migrations are on record without its table (a project with users of its own).
 */
export const createTables = (client: Client): Effect.Effect<void, StoreUnavailable> =>
  client.run(script(setUp()), "once", PATIENCE_SECONDS).pipe(
    Effect.asVoid,
    Effect.mapError((cause) => new StoreUnavailable({ operation: "create tables", cause }))
  )

/** One message, and so one transaction: no BEGIN that a pooler or an embedded database could tear apart. */
const setUp = (): string => `
SET LOCAL statement_timeout = 0;
SELECT pg_advisory_xact_lock(${LOCK});
${migrationsTable}
DO $latchkey$
DECLARE
  created boolean := false;
BEGIN
${djangoApps.map(createApp).join("\n")}
  IF created THEN
${records()}
  END IF;
END
$latchkey$;
`

const createApp = ({ label, table, ddl, migrations }: DjangoApp): string => `
  IF to_regclass('${table}') IS NULL AND NOT EXISTS (SELECT FROM django_migrations WHERE app = '${label}') THEN
${ddl}
    INSERT INTO django_migrations (app, name, applied) VALUES
      ${migrations.map((name) => `('${label}', '${name}', clock_timestamp())`).join(",\n      ")};
    created := true;
  END IF;`

/** What Django adds after every migration, where it is absent. */
const records = (): string => {
  const types = models.map(({ app, model }) => `('${app}', '${model}')`)
  const permissions = models.flatMap(({ app, model, verboseName }) =>
    actions.map((action) => `('${app}', '${model}', '${action}_${model}', 'Can ${action} ${verboseName}')`)
  )
  return `
    INSERT INTO django_content_type (app_label, model)
      SELECT app, model FROM (VALUES ${types.join(", ")}) AS wanted (app, model)
      WHERE NOT EXISTS (
        SELECT FROM django_content_type t WHERE t.app_label = wanted.app AND t.model = wanted.model);
    INSERT INTO auth_permission (name, content_type_id, codename)
      SELECT wanted.name, t.id, wanted.codename
      FROM (VALUES ${permissions.join(",\n        ")}) AS wanted (app, model, codename, name)
      JOIN django_content_type t ON t.app_label = wanted.app AND t.model = wanted.model
      WHERE NOT EXISTS (
        SELECT FROM auth_permission p WHERE p.content_type_id = t.id AND p.codename = wanted.codename)
      ORDER BY t.id, wanted.codename;`
}
