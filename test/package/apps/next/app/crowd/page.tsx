/**
 * Each component here reads the user separately: the page, its metadata, sibling and nested components, and late ones.
 */
import { reader } from "latchkey/next/reader"
import { type ReactNode, Suspense } from "react"
import { auth } from "../../lib/auth"

const nameHere = async (): Promise<string> => {
  const { getUser } = await reader(auth)
  return (await getUser())?.username ?? "anonymous"
}

export const generateMetadata = async () => ({ title: `For ${await nameHere()}` })

const Member = async ({ children }: { readonly children?: ReactNode }) => (
  <li>
    {await nameHere()}
    <ul>{children}</ul>
  </li>
)

const Latecomer = async () => {
  await new Promise((resolve) => setTimeout(resolve, 50))
  return <Member />
}

const Crowd = async () => (
  <>
    <h1>{await nameHere()}</h1>
    <ul>
      <Member />
      <Member>
        <Member />
      </Member>
      <Suspense>
        <Latecomer />
      </Suspense>
    </ul>
  </>
)
export default Crowd
