import { deviceBoundRoutes } from "latchkey/next"
import { auth } from "../../../lib/bound-auth"

export const { POST } = deviceBoundRoutes(auth)
