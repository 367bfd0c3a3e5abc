import { linkPage } from "../../../../../lib/link-page"
import { setPassword } from "../../../actions"

export default linkPage("passwordResetConfirm", setPassword)
