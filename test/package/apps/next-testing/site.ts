import { testSite } from "latchkey/testing"

export const site = testSite({ auth: { loginUrl: "/login", reauthentication: {} } })
