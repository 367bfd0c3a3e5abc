import {
  type DjangoVersion,
  type DjangoVersionSettings,
  djangoVersions,
  isDjangoVersion
} from "../../../core/django-version.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import type { Hasher } from "../../ports/passwords.ts"
import { pbkdf2Sha256 } from "./pbkdf2-hasher.ts"
import { pbkdf2Sha1 } from "./pbkdf2-sha1-hasher.ts"
import { scrypt } from "./scrypt-hasher.ts"

/** The costs of hashes by which versions of Django differ. */
export type PasswordCosts = Pick<DjangoVersionSettings, "pbkdf2Iterations" | "scryptParallelism">

/**
 * The hashers in the default PASSWORD_HASHERS of a Django version, with its costs, except those that need another
 * package. With them latchkey writes the same hashes as that Django, and neither application rewrites hashes of the
 * other. Django's default list also has argon2 and bcrypt_sha256:
 * `[...djangoHashers("5.2"), argon2(), bcryptSha256()]`.
 *
 * If the Django application sets PASSWORD_HASHERS, list the same hashers here, in the same order.
 *
 * @param version `"3.2"` to `"6.2"`, or the costs themselves. If two applications on one database use different costs,
 * they rewrite each other's hashes at every login. The session auth hash depends on the password hash, so each rewrite
 * also ends the user's other sessions.
 * @throws {ConfigurationInvalid} for an unknown version
 */
export const djangoHashers = (version: DjangoVersion | PasswordCosts): readonly [Hasher, ...ReadonlyArray<Hasher>] => {
  if (typeof version === "string" && !isDjangoVersion(version))
    throw new ConfigurationInvalid({ problems: [`djangoVersion is none of ${Object.keys(djangoVersions).join(", ")}`] })
  const { pbkdf2Iterations: iterations, scryptParallelism: parallelism } =
    typeof version === "string" ? djangoVersions[version] : version
  return [
    pbkdf2Sha256({ iterations }),
    pbkdf2Sha1({ iterations }),
    ...(parallelism === undefined ? [] : [scrypt({ parallelism })])
  ]
}
