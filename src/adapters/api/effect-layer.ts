/**
 * latchkey for applications that are built with Effect: settings from `Config`, stores that are closed with their
 * scope, the authentication as a service.
 *
 * ```ts
 * class Stores extends Context.Service<Stores, PostgresStores<DjangoUser>>()("app/Stores") {
 *   static readonly layer = Layer.effect(Stores, Effect.flatMap(Config.Redacted("DATABASE_URL"), (url) =>
 *     scopedStores(() => postgres({ url: Redacted.value(url) }))))
 * }
 *
 * class SiteAuth extends Context.Service<SiteAuth, Auth<DjangoUser, AnyFields>>()("app/SiteAuth") {
 *   static readonly layer = layer(SiteAuth, Effect.gen(function* () {
 *     const { sessions, users } = yield* Stores
 *     return { ...(yield* settingsFromConfig), sessions, backends: { [name]: modelBackend(users) } }
 *   })).pipe(Layer.provide(Stores.layer))
 * }
 *
 * const { CurrentUser, requireUser, withAuth } = effectAuth(SiteAuth)
 * ```
 *
 * @module latchkey/effect
 */
import * as Config from "effect/Config"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { ConfigurationInvalid } from "../errors/errors.ts"
import { type Kinds, kindProblems, object } from "../options/option-kinds.ts"
import type { AnyFields, SessionFields } from "../request/session/session-access.ts"
import type { Auth } from "./auth.ts"
import { createAuth } from "./create-auth.ts"
import type { AuthOptions } from "./options/auth-options.ts"
import type { SettingsOptions } from "./options/settings-options.ts"

export { effectTelemetry } from "../telemetry/effect-telemetry.ts"

/** The options of `createAuth`, with the secret keys redacted. */
export interface LayerOptions<User extends object, Fields extends SessionFields>
  extends Omit<AuthOptions<User, Fields>, "secretKey" | "secretKeyFallbacks"> {
  /** SECRET_KEY. See the option of `createAuth`. */
  readonly secretKey: Redacted.Redacted<string>
  /** SECRET_KEY_FALLBACKS. See the option of `createAuth`. */
  readonly secretKeyFallbacks?: ReadonlyArray<Redacted.Redacted<string>>
}

/** The settings that differ between the deployments of one site. */
export interface ConfiguredSettings {
  /** `SECRET_KEY`. */
  readonly secretKey: Redacted.Redacted<string>
  /** `SECRET_KEY_FALLBACKS`, separated by commas. Default none. */
  readonly secretKeyFallbacks: ReadonlyArray<Redacted.Redacted<string>>
  /** `ALLOWED_HOSTS`, separated by commas. If it is not set, the option of `createAuth` has its default. */
  readonly allowedHosts?: ReadonlyArray<string>
  /** `CSRF_TRUSTED_ORIGINS`, separated by commas. Default none. */
  readonly csrfTrustedOrigins: ReadonlyArray<string>
}

/** Texts separated by commas. Spaces around a text and empty texts are dropped. */
const texts = (name: string): Config.Config<ReadonlyArray<string>> =>
  Config.map(Config.Array(Schema.String, name), (parts) =>
    parts.map((part) => part.trim()).filter((part) => part !== "")
  )

/**
 * Reads {@link ConfiguredSettings} by the names of Django's settings, from environment variables unless another
 * `ConfigProvider` is given. Fails with a `ConfigError` if `SECRET_KEY` is missing.
 */
export const settingsFromConfig: Config.Config<ConfiguredSettings> = Config.map(
  Config.all({
    secretKey: Config.Redacted("SECRET_KEY"),
    secretKeyFallbacks: Config.withDefault(texts("SECRET_KEY_FALLBACKS"), []),
    allowedHosts: Config.option(texts("ALLOWED_HOSTS")),
    csrfTrustedOrigins: Config.withDefault(texts("CSRF_TRUSTED_ORIGINS"), [])
  }),
  ({ allowedHosts, csrfTrustedOrigins, secretKey, secretKeyFallbacks }) => ({
    secretKey,
    secretKeyFallbacks: secretKeyFallbacks.map((key) => Redacted.make(key)),
    csrfTrustedOrigins,
    ...(Option.isSome(allowedHosts) && { allowedHosts: allowedHosts.value })
  })
)

/**
 * Makes stores that are closed when the scope ends: `scopedStores(() => postgres({ url }))`. Fails with
 * `ConfigurationInvalid` if an option is invalid.
 *
 * @param make returns the stores. Makes no connection: stores connect on first use
 */
export const scopedStores = <Stores extends { readonly close: () => Promise<void> }>(
  make: () => Stores
): Effect.Effect<Stores, ConfigurationInvalid, Scope.Scope> =>
  Effect.acquireRelease(invalidAsFailure(make), (stores) => Effect.promise(() => stores.close()))

/**
 * The authentication of an application as a layer. Fails with `ConfigurationInvalid`, which names every invalid
 * setting.
 *
 * @param key the service that the layer provides
 * @param options the options, or an effect that makes them from other services and from `Config`
 */
export const layer = <Id, User extends object, Fields extends SessionFields = AnyFields, E = never, R = never>(
  key: Context.Key<Id, Auth<User, Fields>>,
  options: LayerOptions<User, Fields> | Effect.Effect<LayerOptions<User, Fields>, E, R>
): Layer.Layer<Id, E | ConfigurationInvalid, R> =>
  Layer.effect(
    key,
    Effect.flatMap(Effect.isEffect(options) ? options : Effect.succeed(options), (given) =>
      invalidAsFailure(() => createAuth<User, Fields>({ ...given, ...plainKeys(given) }))
    )
  )

/** The secret keys as text. @throws {ConfigurationInvalid} if a key is not redacted; without the key */
const plainKeys = (options: RedactedKeys): Required<Pick<SettingsOptions, "secretKey" | "secretKeyFallbacks">> => {
  if (!object.accepts(options)) throw new ConfigurationInvalid({ problems: ["options: write an object"] })
  const problems = kindProblems(options, keyKinds)
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  const { secretKey, secretKeyFallbacks = [] } = options
  return {
    // A JavaScript caller may leave it out: `createAuth` says that it is missing.
    secretKey: secretKey === undefined ? undefined : Redacted.value(secretKey),
    secretKeyFallbacks: secretKeyFallbacks.map((key) => Redacted.value(key))
  }
}

type RedactedKeys = Pick<LayerOptions<object, SessionFields>, "secretKey" | "secretKeyFallbacks">

const keyKinds: Kinds<RedactedKeys> = {
  secretKey: { written: "Redacted.make(…) of a string", accepts: Redacted.isRedacted },
  secretKeyFallbacks: {
    written: "an array of Redacted.make(…) of a string",
    accepts: (value) => Array.isArray(value) && value.every(Redacted.isRedacted)
  }
}

const invalidAsFailure = <A>(make: () => A): Effect.Effect<A, ConfigurationInvalid> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(make())
    } catch (error) {
      return error instanceof ConfigurationInvalid ? Effect.fail(error) : Effect.die(error)
    }
  })
