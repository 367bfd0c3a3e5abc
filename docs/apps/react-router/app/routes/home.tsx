import { authContext } from "../auth-context.ts"
import type { Route } from "./+types/home"

export const loader = async ({ context }: Route.LoaderArgs) => {
  const { getCsrfToken, getUser } = context.get(authContext)
  return { token: (await getUser()) ? await getCsrfToken() : undefined }
}

export default function Home({ loaderData: { token } }: Route.ComponentProps) {
  if (token === undefined)
    return (
      <p>
        Hello stranger. <a href="/account">Your account</a>
      </p>
    )
  return (
    <form method="post" action="/logout">
      <input type="hidden" name="csrfmiddlewaretoken" value={token} />
      <button type="submit">Log out</button>
    </form>
  )
}
