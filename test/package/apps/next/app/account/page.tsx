import { requireUser } from "latchkey/next/reader"
import { auth } from "../auth"

const Account = async () => <p id="account">{(await requireUser(auth, "/account")).username}</p>
export default Account
