/** Sites with one fault each, for the laws to find. Faults of a store are in `brokenStores`. */
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { brokenAccounts } from "./broken-accounts.ts"
import { brokenDevices } from "./broken-devices.ts"
import { brokenEnds } from "./broken-ends.ts"
import { brokenForms } from "./broken-forms.ts"
import { brokenHttps } from "./broken-https.ts"
import { brokenInput } from "./broken-input.ts"
import { brokenPasswords } from "./broken-passwords.ts"
import { brokenRequests } from "./broken-requests.ts"
import { brokenRows } from "./broken-rows.ts"
import { brokenSessions } from "./broken-sessions.ts"
import { brokenThrottles } from "./broken-throttles.ts"

/** By what is wrong. */
export const brokenSites: Readonly<Record<string, () => LawSite>> = {
  ...brokenSessions,
  ...brokenRequests,
  ...brokenInput,
  ...brokenRows,
  ...brokenPasswords,
  ...brokenForms,
  ...brokenHttps,
  ...brokenAccounts,
  ...brokenEnds,
  ...brokenDevices,
  ...brokenThrottles
}
