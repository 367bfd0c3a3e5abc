/** Faults in device-bound sessions. */
import type { Mutant } from "../mutant.ts"

export const deviceMutants: ReadonlyArray<Mutant> = [
  {
    name: "a session with a device is open without a proof",
    was: 'return isWithinGrace(device.since) ? "Settling" : "Unproven"',
    becomes: 'return "Settling"'
  },
  {
    name: "the page beside a registration is closed",
    was: 'return isWithinGrace(device.since) ? "Settling" : "Unproven"',
    becomes: 'return "Unproven"'
  },
  {
    name: "a site that only observes closes sessions",
    was: 'if (mode === "observe") return false',
    becomes: ""
  },
  {
    name: "a link on a page of another site is not requested again",
    was: 'return shortCookie !== undefined || (site !== undefined && site !== "same-origin" && site !== "none")',
    becomes: "return shortCookie !== undefined"
  },
  {
    name: "a short cookie is a proof for another session",
    was: "return isId(named) && named === id && /^\\d{1,12}$/.test(expiry) && now <= Number(expiry) * 1000",
    becomes: "return isId(named) && /^\\d{1,12}$/.test(expiry) && now <= Number(expiry) * 1000"
  },
  {
    name: "a short cookie does not end",
    was: "return isId(named) && named === id && /^\\d{1,12}$/.test(expiry) && now <= Number(expiry) * 1000",
    becomes: "return isId(named) && named === id && /^\\d{1,12}$/.test(expiry)"
  },
  {
    name: "a challenge for a registration is good for a refresh",
    was: "made === purpose && named === id",
    becomes: "named === id"
  },
  {
    name: "a challenge is good for another session",
    was: "made === purpose && named === id",
    becomes: "made === purpose"
  },
  {
    name: "an old challenge is good",
    was: "&& Math.abs(now - Number.parseInt(at, 36)) <= challengeSeconds * 1000",
    becomes: ""
  },
  {
    name: "a refresh beside a new key ends the bound session",
    was: 'if (session._tag === "Gone") return answering(unavailable)\n  const device',
    becomes: "const device"
  },
  {
    name: "a second registration replaces the device",
    was: 'if (session._tag !== "OfUser" || session.binding === undefined || session.binding.device !== undefined)',
    becomes: 'if (session._tag !== "OfUser" || session.binding === undefined)'
  },
  {
    name: "a wrong proof gives a short cookie",
    was: "ifWrong: refused(401)",
    becomes: "ifWrong: renewed(settings, basePath, id, now)"
  },
  {
    name: "a registration that a new key has overtaken is not offered again",
    was: "if (hasNewKey && setsCookie) return isInTime",
    becomes: ""
  },
  {
    name: "a device registers long after the login",
    was: 'if (!isInTime || !Challenge.isValid(settings, "register", binding.id, proof.challenge, now))',
    becomes: 'if (!Challenge.isValid(settings, "register", binding.id, proof.challenge, now))'
  }
]
