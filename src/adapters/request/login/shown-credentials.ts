import { type Credentials, clean } from "../../../core/auth/login/credentials.ts"
import type { CleanedCredentials } from "../../../core/effect.ts"
import type { AuthServices } from "../scope/services.ts"

/** Credentials for signals and logs: only the user name is shown, under the names that the user stores give it. */
export const shownCredentials = <User extends object>(
  { backends }: Pick<AuthServices<User>, "backends">,
  credentials: Credentials
): CleanedCredentials =>
  clean(
    credentials,
    [...backends.values()].flatMap(({ users }) => users?.store.usernameField ?? [])
  )
