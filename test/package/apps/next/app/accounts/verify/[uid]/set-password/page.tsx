import { linkPage } from "../../../../../lib/link-page"
import { createAccount } from "../../../actions"

export default linkPage("verify", createAccount)
