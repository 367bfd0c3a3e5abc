/** The rules (laws) that a site with safe logins keeps. They can be checked on any site. */
import {
  inactiveUser,
  permissionEnds,
  permissionExact,
  removedBackend,
  removedUser,
  sameId
} from "./laws/accounts/account-laws.ts"
import { addressOnce } from "./laws/accounts/address-laws.ts"
import { deactivatedAccount, deletedAccount } from "./laws/accounts/ended-account-laws.ts"
import { silentEmailChange, silentLogin, silentReset, silentSignUp } from "./laws/accounts/enumeration-laws.ts"
import { upgradeKeepsSession, upgradeUndoesNothing } from "./laws/accounts/password-hash-laws.ts"
import { onlyThePassword } from "./laws/accounts/password-text-laws.ts"
import { namedUser } from "./laws/accounts/proxy-laws.ts"
import { linkOnce, linkVoid } from "./laws/accounts/reset-laws.ts"
import { ownAccount, signUpChangesNoAccount } from "./laws/accounts/sign-up-laws.ts"
import { endedEverywhere } from "./laws/device/device-end-laws.ts"
import { copiedJarDies, oneDevice, onlyTheKey, wrongProofChangesNothing } from "./laws/device/device-laws.ts"
import { observingChangesNothing } from "./laws/device/device-observe-laws.ts"
import { ownerGoesOn } from "./laws/device/device-owner-laws.ts"
import {
  otherChallenges,
  outageEndsNothing,
  refreshChangesNoRow,
  shortCookieOutlives
} from "./laws/device/device-refresh-laws.ts"
import { examine } from "./laws/examine.ts"
import type { Law, LawText, Need } from "./laws/law.ts"
import { LawRun } from "./laws/law-run.ts"
import type { LawSite } from "./laws/law-site.ts"
import { describedSite, type LawTestSite } from "./laws/memory/memory-site.ts"
import { goodWhenGiven, isolation, noLostUpdate } from "./laws/requests/beside-laws.ts"
import { anyOrder, oneOfTwo } from "./laws/requests/cookie-header-laws.ts"
import {
  fetchMetadata,
  maskedToken,
  otherSites,
  tokenBesideLogin,
  tokenOfField,
  tokenOfLogin,
  tokenOfVisitor
} from "./laws/requests/csrf-laws.ts"
import { tokenOfSession } from "./laws/requests/csrf-session-laws.ts"
import {
  failedLogout,
  failedResponse,
  honestFailure,
  noFalseSuccess,
  outage,
  recovery
} from "./laws/requests/failure-laws.ts"
import { ownHost, ownPage, sentMethod } from "./laws/requests/form-head-laws.ts"
import { ownPropertiesOnly } from "./laws/requests/prototype-laws.ts"
import { nextStaysOnSite } from "./laws/requests/redirect-laws.ts"
import { limitedSize } from "./laws/requests/size-laws.ts"
import { emptyHanded, sameAnswer, visitsChangeNothing } from "./laws/requests/visit-laws.ts"
import { noSecretInLogs, onePurpose, sameCost } from "./laws/secrets/secrecy-laws.ts"
import { newSecretKey, removedSecretKey } from "./laws/secrets/secret-key-laws.ts"
import { clockSetBack } from "./laws/sessions/clock-laws.ts"
import { protectedCookie } from "./laws/sessions/cookie-laws.ts"
import { logoutIsFinal, passwordEndsOthers, passwordKeepsOwn } from "./laws/sessions/end-laws.ts"
import { earlierEnd, expiry } from "./laws/sessions/expiry-laws.ts"
import { partitionedCookies, prefixedCookies } from "./laws/sessions/https-cookie-laws.ts"
import { oneLogin } from "./laws/sessions/identity-laws.ts"
import { noRepeatedKey, noUnissuedKey, renewedKey } from "./laws/sessions/key-laws.ts"
import { absolute, idle, ownProof, recordedOnce, renewedLifetimes } from "./laws/sessions/lifetime-laws.ts"
import { carriedOver, everyLoginRenews, newKey, noFixation, noLoginWithoutProof } from "./laws/sessions/login-laws.ts"
import { storedTexts } from "./laws/sessions/shared-table-laws.ts"
import { clearedData } from "./laws/sessions/site-data-laws.ts"
import { socketsBesideLogout, socketsEnd } from "./laws/sessions/socket-laws.ts"
import { endedStaysEnded, onlyThisOneStays, ownSessionsOnly } from "./laws/sessions/user-session-laws.ts"
import {
  growingWaits,
  knownDeviceLogsIn,
  limitedDevices,
  limitedGuesses,
  othersLogIn,
  outageDecidesNothing,
  successResets,
  throttledLooksWrong
} from "./laws/throttle/throttle-laws.ts"
import { limitedMails, limitedProofs, parallelGuesses } from "./laws/throttle/throttle-order-laws.ts"

/** All laws, in the order of the documentation. */
export const lawTexts: ReadonlyArray<LawText> = [
  noLoginWithoutProof,
  onlyThePassword,
  oneLogin,
  ownPropertiesOnly,
  noFixation,
  newKey,
  everyLoginRenews,
  noUnissuedKey,
  noRepeatedKey,
  renewedKey,
  carriedOver,
  anyOrder,
  oneOfTwo,
  protectedCookie,
  prefixedCookies,
  partitionedCookies,
  logoutIsFinal,
  clearedData,
  passwordEndsOthers,
  passwordKeepsOwn,
  onlyThisOneStays,
  endedStaysEnded,
  ownSessionsOnly,
  expiry,
  earlierEnd,
  idle,
  absolute,
  clockSetBack,
  recordedOnce,
  renewedLifetimes,
  ownProof,
  socketsEnd,
  socketsBesideLogout,
  limitedGuesses,
  growingWaits,
  successResets,
  othersLogIn,
  knownDeviceLogsIn,
  limitedDevices,
  throttledLooksWrong,
  outageDecidesNothing,
  parallelGuesses,
  limitedProofs,
  limitedMails,
  inactiveUser,
  permissionEnds,
  permissionExact,
  removedUser,
  deactivatedAccount,
  deletedAccount,
  removedBackend,
  sameId,
  namedUser,
  sameAnswer,
  visitsChangeNothing,
  emptyHanded,
  limitedSize,
  isolation,
  noLostUpdate,
  storedTexts,
  goodWhenGiven,
  outage,
  noFalseSuccess,
  honestFailure,
  recovery,
  failedResponse,
  failedLogout,
  nextStaysOnSite,
  tokenOfVisitor,
  tokenOfField,
  tokenOfSession,
  tokenOfLogin,
  tokenBesideLogin,
  maskedToken,
  otherSites,
  fetchMetadata,
  ownPage,
  sentMethod,
  ownHost,
  onePurpose,
  noSecretInLogs,
  sameCost,
  silentLogin,
  newSecretKey,
  removedSecretKey,
  upgradeKeepsSession,
  upgradeUndoesNothing,
  linkOnce,
  linkVoid,
  silentReset,
  addressOnce,
  silentEmailChange,
  ownAccount,
  signUpChangesNoAccount,
  silentSignUp,
  onlyTheKey,
  wrongProofChangesNothing,
  oneDevice,
  copiedJarDies,
  ownerGoesOn,
  outageEndsNothing,
  refreshChangesNoRow,
  shortCookieOutlives,
  observingChangesNothing,
  otherChallenges,
  endedEverywhere
]

/**
 * The laws, for one site. A law's `check` throws if the site breaks the law. The laws use no test runner, so this line
 * works with every runner:
 *
 * ```ts
 * for (const law of laws(testSite())) test(law.title, () => law.check())
 * ```
 *
 * If the site lacks something that a law needs, the law is skipped: its title says so, and `check` does nothing.
 *
 * @param site a `testSite` with the users alice and bob, which is checked with pages of the kit; or any site, described
 *   by its pages: `lawSite` describes a `testSite` by those of your application
 */
export const laws = (site: LawSite | LawTestSite): ReadonlyArray<Law> => {
  const described = describedSite(site)
  let examined: Promise<void> | undefined
  // A law that a test runner no longer waits for goes on. The next law waits for its end, because both reset the site.
  let running: Promise<unknown> = Promise.resolve()
  return lawTexts.map(({ holds, ...text }) => {
    const missing = text.needs.filter((need) => !has(described, need))
    const skipped = missing.length === 0 ? undefined : `the site has no ${missing.join(", no ")}`
    return {
      ...text,
      title: text.title + remarkOn(described, skipped),
      skipped,
      check: () => {
        const run = new LawRun(described)
        if (skipped !== undefined) return Promise.resolve(run.checked)
        const checked = running.then(async () => {
          examined ??= examine(described)
          await examined
          await holds(run)
          return run.checked
        })
        running = checked.catch(() => {})
        return checked
      }
    }
  })
}

/**
 * What the title of a law says besides: a law that is not checked, or not in every order, does not look like the
 * others.
 */
const remarkOn = ({ gate }: LawSite, skipped: string | undefined): string => {
  if (skipped !== undefined) return ` (skipped: ${skipped})`
  return gate === undefined ? " (requests one after the other: the site has no gate)" : ""
}

const has = (site: LawSite, need: Need): boolean => {
  const path = need.split(".")
  const found = path.reduce<unknown>(
    (part, name) => (part === undefined ? undefined : Reflect.get(Object(part), name)),
    site
  )
  return found !== undefined
}
