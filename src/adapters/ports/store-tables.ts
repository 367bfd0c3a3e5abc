/** How a store creates the tables that it needs. */
import type * as Effect from "effect/Effect"
import { type DjangoVersion, type DjangoVersionSettings, isDjangoVersion } from "../../core/django-version.ts"
import type { ConfigurationInvalid, StoreUnavailable } from "../errors/errors.ts"
import { boolean, type Kinds, object } from "../options/option-kinds.ts"

/** Options for the creation of tables. */
export interface CreateTablesOptions {
  /** Only returns the plan, and changes nothing. Default false. */
  readonly dryRun?: boolean
  /** The Django version whose tables are created. Default: the version that the application is configured for. */
  readonly djangoVersion?: DjangoVersion | DjangoVersionSettings
}

export const createTablesKinds: Kinds<CreateTablesOptions> = {
  dryRun: boolean,
  djangoVersion: {
    written: 'a version of Django, as in "5.2", or a row of djangoVersions',
    accepts: (value) => (typeof value === "string" ? isDjangoVersion(value) : object.accepts(value))
  }
}

/**
 * Why tables are created or kept.
 *
 * - `missing`: they do not exist, and Django has recorded no migration of the app; they are created
 * - `complete`: they exist
 * - `earlier`: a table of latchkey's own that an earlier version has made; its columns are converted
 * - `older`: they exist, but an older Django has made them: `manage.py migrate` adds the missing migrations
 * - `unrecorded`: they exist, but not by Django's migrations: `manage.py migrate --fake-initial` records these
 * - `incomplete`: only some of them exist
 * - `recorded`: they do not exist, although Django has recorded the app's migrations
 */
export type TablesState = "missing" | "complete" | "earlier" | "older" | "unrecorded" | "incomplete" | "recorded"

/** One part of the plan: tables that are created together, or kept as they are. */
export interface TablesStep {
  /** The Django app whose migrations create them; `undefined` for tables that belong to no app of Django. */
  readonly app: string | undefined
  /** The names of the tables, without quotes; with their schema if one is configured. */
  readonly tables: ReadonlyArray<string>
  /** Why they are created, converted or kept. */
  readonly state: TablesState
  /** What is done (with `dryRun`, what would be done) and why, and what to do if something is wrong. */
  readonly message: string
  /** The SQL statements that create or convert the tables and their rows; empty if they are kept. */
  readonly statements: ReadonlyArray<string>
}

/** A store that needs tables. */
export interface StoreTables {
  /**
   * Creates the tables that do not exist, in one transaction. Several processes may call it at the same time.
   *
   * @returns the plan that was carried out
   */
  readonly create: (
    options?: CreateTablesOptions
  ) => Effect.Effect<ReadonlyArray<TablesStep>, StoreUnavailable | ConfigurationInvalid>
}
