/** The whole contract. */
import { admission, usersOnly } from "./admission.ts"
import { caching, uncached, uncontrolled } from "./caching.ts"
import type { Chapter } from "./clause.ts"
import { commits } from "./commits.ts"
import { configuredCookies, cookies } from "./cookies.ts"
import { csrf, csrfByMetadata, csrfExempt, csrfInSession } from "./csrf.ts"
import { departures } from "./departures.ts"
import { deviceBound, deviceObserved, deviceOnly, deviceOnlyObserved } from "./device/device-bound.ts"
import { failures, tooLarge } from "./failures.ts"
import { ignored, stopping } from "./guards.ts"
import { hosts, proxied } from "./hosts.ts"
import { outages, restless } from "./outages.ts"
import { brokenOptions, ownAnswers } from "./own-answers.ts"
import { recentLogin } from "./recent-login.ts"
import { requests } from "./requests.ts"
import { responses } from "./responses.ts"
import { partitioned, siteData } from "./site-data.ts"
import { throttling } from "./throttling.ts"

export const chapters: ReadonlyArray<Chapter> = [
  cookies,
  configuredCookies,
  caching,
  uncached,
  uncontrolled,
  responses,
  commits,
  failures,
  tooLarge,
  departures,
  ownAnswers,
  brokenOptions,
  outages,
  restless,
  csrf,
  csrfExempt,
  csrfInSession,
  csrfByMetadata,
  siteData,
  partitioned,
  admission,
  usersOnly,
  stopping,
  ignored,
  recentLogin,
  throttling,
  requests,
  deviceBound,
  deviceObserved,
  deviceOnly,
  deviceOnlyObserved,
  hosts,
  proxied
]
