/** What browsers request by themselves when the setting `deviceBound` is on. */
import { deviceBoundRoutes } from "latchkey/next"
import { auth } from "../../../lib/application.ts"

export const { POST } = deviceBoundRoutes(auth)
