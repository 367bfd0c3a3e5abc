import { loginProxy } from "latchkey/next/proxy"
import { settings } from "@/lib/settings"

export const proxy = loginProxy({ loginUrl: settings.loginUrl })

export const config = { matcher: ["/account/:path*"] }
