import { randomBytes } from "node:crypto"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { withoutApplication } from "../global-flags.ts"
import { print } from "../terminal/output.ts"

/** 48 bytes in the alphabet of URL-safe base64, which `.env` files and shells need not quote. */
const newSecret = (): string => randomBytes(48).toString("base64url")

export const secret = Command.make("secret", {}, () =>
  Effect.andThen(
    withoutApplication("secret"),
    Effect.suspend(() => {
      const secretKey = newSecret()
      return print({ text: secretKey, json: { secretKey } })
    })
  )
).pipe(
  Command.withDescription(
    "Print a new secret key: 64 random characters for SECRET_KEY. To replace a key in use, keep the old one in secretKeyFallbacks until the sessions that it signed have expired."
  ),
  Command.withExamples([
    { command: 'echo "SECRET_KEY=$(npx latchkey secret)" >> .env', description: "Give an application a secret key:" }
  ])
)
