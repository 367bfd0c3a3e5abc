import { linkPage } from "../../../../../lib/link-page"
import { changeAddress } from "../../../actions"

export default linkPage("emailConfirm", changeAddress)
