import { testSite } from "latchkey/testing"
import { settings } from "@/lib/settings"

export const site = testSite({ auth: settings })
