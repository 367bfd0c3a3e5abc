import { reader } from "latchkey/next/reader"
import { auth } from "../../lib/bound-auth"
import { tellVerdict } from "./login/actions"

const Bound = async () => {
  const { deviceVerdict, getUser } = await reader(auth)
  return (
    <form action={tellVerdict}>
      <p id="bound">
        {(await getUser())?.username ?? "anonymous"}, {await deviceVerdict()}
      </p>
    </form>
  )
}
export default Bound
