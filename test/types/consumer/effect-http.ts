/** Effect's http server: an application's services, and handlers that use them. */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { type EffectAuth, effectAuth, type Provided } from "latchkey/effect-http"
import { type Account, auth, type Fields } from "./auth.ts"

export const site = effectAuth(auth)
export const named: EffectAuth<Account, Fields> = site
export const { CurrentUser, RequestAuth, requireUser, withAuth } = site

export const cart = Effect.gen(function* () {
  const { getUser, session } = yield* RequestAuth
  const plan: "free" | "paid" | undefined = (yield* getUser)?.plan
  const items: ReadonlyArray<number> | undefined = yield* session.get("cart")
  // @ts-expect-error not a key of the session
  session.get("carts")
  return HttpServerResponse.jsonUnsafe({ plan, items: items?.length })
})

export const account = requireUser(
  Effect.map(CurrentUser, (user) => {
    // @ts-expect-error there is no such field
    user.name
    return HttpServerResponse.jsonUnsafe({ plan: user.plan })
  })
)

/** All of latchkey's errors are handled, and all services that it needs are provided. */
export const whole = withAuth(Effect.andThen(cart, account))
export const routes = HttpRouter.add("GET", "/cart", cart)
export const middleware = HttpRouter.middleware<Provided>()(withAuth)
