/**
 * Where each input of the corpus is run, and where the answer differs from what the corpus expects. `recording.ts` checks
 * that a case really ran wherever this table says so.
 */

/** In the process of the test. */
export type ProcessMode =
  /** Given to the function of the core that reads it. */
  | "core"
  /** Given to `createAuth`. */
  | "options"
  /** Given to every password hasher. */
  | "hashers"
  /** Sent to every HTTP adapter. */
  | "adapters"
  /** Given to the store that the case names. */
  | "store"

/** Over a socket, to an example in a process of its own, with PostgreSQL. */
export type ExampleMode =
  /** To the endpoints of the example. */
  | "site"
  /** To the account pages that latchkey comes with. */
  | "account pages"
  /** To the endpoints, with a proxy in front that says that the browser used https. */
  | "https"
  /** To an example behind no proxy, with `csrfMode: "fetch-metadata"` and one host in `allowedHosts`. */
  | "strict settings"
  /** To the endpoints, with sessions in signed cookies, in files and in Redis. */
  | "signed cookies"
  | "file sessions"
  | "Redis sessions"

export type Mode = ProcessMode | ExampleMode

export const examples = ["node", "koa", "next"] as const
export type Example = (typeof examples)[number]

/** The examples that every case with this mode is sent to. */
export const examplesOf: Readonly<Record<ExampleMode, ReadonlyArray<Example>>> = {
  site: examples,
  "account pages": examples,
  https: examples,
  "strict settings": examples,
  "signed cookies": examples,
  "file sessions": examples,
  "Redis sessions": examples
}

export interface Case {
  readonly inProcess?: ReadonlyArray<ProcessMode>
  /** On the examples that {@link examplesOf} names. */
  readonly onExamples?: ReadonlyArray<ExampleMode>
  /** Why the answer is not the one that the corpus expects, by mode. */
  readonly differs?: Partial<Readonly<Record<Mode, string>>>
  /** Why it is sent to no example. */
  readonly notOnExamples?: string
}

const lastCookie = "of two session cookies the last one counts, as in Django, and nothing is logged"
const future = "a time in the future is accepted, as in Django"
const trailing = "bytes after the end of the zlib stream are ignored, as in Python"
const expiry = "an expiry that cannot be read counts as none: the session has the usual age"
const address = "the address is a problem of the form, with the same answer for every address"
const bytes = "the bytes of a form are limited to 100,000, not the number of its fields"
const packed = "the encoding is not read: the bytes are read as they are, and nothing is unpacked"
const anyHost = "the example allows every host; with strict settings this one is refused"
const formFirst = "the check of the form, which compares the host, refuses it with 403"
const atStart = "it is an option of `createAuth`, which every example calls"
const frozenClock = "its age depends on a clock that stands still, which no example has: given to the store"

export const cases = {
  config: {
    B493: { inProcess: ["options"], notOnExamples: atStart },
    B495: {
      inProcess: ["options"],
      differs: { options: "it is an error and not a warning, because such a fallback does nothing" },
      notOnExamples: atStart
    },
    B497: { inProcess: ["options"], notOnExamples: atStart },
    B499: { inProcess: ["options"], differs: { options: "this is a name like any other" }, notOnExamples: atStart },
    B501: { inProcess: ["options"], notOnExamples: atStart },
    B503: { inProcess: ["options"], notOnExamples: atStart },
    B505: { inProcess: ["options"], notOnExamples: atStart },
    B507: { inProcess: ["options"], notOnExamples: atStart },
    B509: { inProcess: ["options"], notOnExamples: atStart },
    B511: {
      inProcess: ["options"],
      differs: { options: "docs/security.md says what signed cookies cannot promise" },
      notOnExamples: atStart
    }
  },
  cookie: {
    B001: { inProcess: ["adapters"], onExamples: ["site"], differs: { site: lastCookie, adapters: lastCookie } },
    B003: { inProcess: ["adapters"], onExamples: ["site"] },
    B005: { inProcess: ["adapters"], onExamples: ["site"] },
    B007: { inProcess: ["adapters"], onExamples: ["site"] },
    B009: { inProcess: ["adapters"], onExamples: ["site"] },
    B011: { inProcess: ["adapters"], onExamples: ["site"] },
    B013: { inProcess: ["adapters"], onExamples: ["site"] },
    B015: { inProcess: ["adapters"], onExamples: ["site"] },
    B017: { inProcess: ["adapters"], onExamples: ["site", "file sessions"] },
    B019: { inProcess: ["adapters"], onExamples: ["site", "file sessions"] },
    B021: { inProcess: ["adapters"], onExamples: ["site"] },
    B023: { inProcess: ["adapters"], onExamples: ["site"] },
    B025: { inProcess: ["adapters"], onExamples: ["site"] },
    B027: { inProcess: ["adapters"], onExamples: ["site"] },
    B029: { inProcess: ["adapters"], onExamples: ["site"] },
    B031: { inProcess: ["adapters"], onExamples: ["site"], differs: { site: lastCookie, adapters: lastCookie } },
    B033: { inProcess: ["adapters"], onExamples: ["site"], differs: { site: lastCookie, adapters: lastCookie } },
    B035: { inProcess: ["adapters"], onExamples: ["site"] }
  },
  csrf: {
    B159: { inProcess: ["core"], onExamples: ["site"] },
    B161: { inProcess: ["core"], onExamples: ["site"] },
    B163: { inProcess: ["core"], onExamples: ["site"] },
    B165: { inProcess: ["core"], onExamples: ["site"] },
    B167: { inProcess: ["core"], onExamples: ["site"] },
    B169: { inProcess: ["core"], onExamples: ["site"] },
    B171: { inProcess: ["core"], onExamples: ["site"] },
    B173: { inProcess: ["core"], onExamples: ["site"] },
    B175: { inProcess: ["core"], onExamples: ["site"] },
    B177: { onExamples: ["site"] },
    B179: { inProcess: ["core"], onExamples: ["site"] },
    B181: { inProcess: ["core"], onExamples: ["site"] },
    B183: { inProcess: ["core"], onExamples: ["site"] },
    B185: { inProcess: ["core"], onExamples: ["site"] },
    B187: { inProcess: ["core"], onExamples: ["site"] },
    B189: { inProcess: ["core"], onExamples: ["site"] },
    B191: { inProcess: ["core"], onExamples: ["site"] },
    B193: { inProcess: ["core"], onExamples: ["site"] },
    B195: { inProcess: ["core"], onExamples: ["https"] },
    B197: { inProcess: ["core"], onExamples: ["https"] },
    B199: { inProcess: ["core"], onExamples: ["https"] },
    B201: { onExamples: ["site", "strict settings"], differs: { site: "by default the token decides, as in Django" } },
    B203: { onExamples: ["site"] },
    B205: {
      inProcess: ["core"],
      onExamples: ["site"],
      differs: { site: "Node answers a method in small letters itself, with 400" }
    }
  },
  "encoded-hash": {
    B439: { inProcess: ["hashers"], onExamples: ["site"] },
    B441: { inProcess: ["hashers"], onExamples: ["site"] },
    B443: { inProcess: ["hashers"], onExamples: ["site"] },
    B445: { inProcess: ["hashers"], onExamples: ["site"] },
    B447: { inProcess: ["hashers"], onExamples: ["site"] },
    B449: { inProcess: ["hashers"], onExamples: ["site"] },
    B451: { inProcess: ["hashers"], onExamples: ["site"] },
    B453: { inProcess: ["hashers"], onExamples: ["site"] },
    B455: { inProcess: ["hashers"], onExamples: ["site"] },
    B457: { inProcess: ["hashers"], onExamples: ["site"] }
  },
  form: {
    B325: { onExamples: ["site", "account pages"] },
    B327: { onExamples: ["site", "account pages"] },
    B329: { onExamples: ["site", "account pages"] },
    B331: { onExamples: ["site", "account pages"] },
    B333: { onExamples: ["site", "account pages"] },
    B335: { onExamples: ["site", "account pages"] },
    B337: { onExamples: ["site", "account pages"] },
    B339: { onExamples: ["site", "account pages"] },
    B341: { onExamples: ["site", "account pages"] },
    B343: { onExamples: ["site", "account pages"] },
    B345: { onExamples: ["site", "account pages"] },
    B347: { onExamples: ["site", "account pages"] },
    B349: { onExamples: ["site", "account pages"], differs: { "account pages": address } },
    B351: { onExamples: ["site", "account pages"], differs: { "account pages": address } },
    B353: { onExamples: ["site", "account pages"], differs: { site: bytes, "account pages": bytes } },
    B355: {
      onExamples: ["site"],
      differs: { site: "the test does not wait for the 5 minutes after which Node closes the connection" }
    },
    B357: { onExamples: ["site", "account pages"], differs: { site: packed, "account pages": packed } },
    B359: {
      onExamples: ["site", "account pages"],
      differs: { "account pages": "the charset is not read: every form is UTF-8, as browsers send it" }
    }
  },
  header: {
    B361: {
      inProcess: ["adapters"],
      onExamples: ["site", "strict settings"],
      differs: { site: anyHost, "strict settings": formFirst }
    },
    B363: {
      inProcess: ["adapters"],
      onExamples: ["site", "strict settings"],
      differs: { site: anyHost, "strict settings": formFirst }
    },
    B365: {
      inProcess: ["adapters"],
      onExamples: ["site", "strict settings"],
      differs: { site: anyHost, "strict settings": formFirst }
    },
    B367: { inProcess: ["adapters"], onExamples: ["site", "strict settings"] },
    B369: {
      inProcess: ["adapters"],
      onExamples: ["site", "strict settings"],
      differs: { site: anyHost, "strict settings": formFirst }
    },
    B371: {
      onExamples: ["site", "strict settings"],
      differs: { site: "the examples are behind a proxy that is trusted for this header" }
    },
    B373: { onExamples: ["site"] },
    B375: { onExamples: ["site", "strict settings"] },
    B377: { onExamples: ["site"] },
    B379: { onExamples: ["site"] },
    B381: {
      onExamples: ["site"],
      differs: { site: "Node may close the connection before the client has read its 431" }
    },
    B383: {
      onExamples: ["site"],
      differs: {
        site: "a page of your own has `Vary: Cookie` and not `no-store`, as in Django; account pages have `no-store`"
      }
    },
    B385: {
      onExamples: ["site"],
      differs: { site: "the examples accept no upgrade: Node and Koa ignore it, Next.js closes the connection" }
    }
  },
  next: {
    B207: { inProcess: ["core"], onExamples: ["site"] },
    B209: { inProcess: ["core"], onExamples: ["site"] },
    B211: { inProcess: ["core"], onExamples: ["site"] },
    B213: { inProcess: ["core"], onExamples: ["site"] },
    B215: { inProcess: ["core"], onExamples: ["site"] },
    B217: { inProcess: ["core"], onExamples: ["site"] },
    B219: { inProcess: ["core"], onExamples: ["site"] },
    B221: { inProcess: ["core"], onExamples: ["site"] },
    B223: { inProcess: ["core"], onExamples: ["site"] },
    B225: { inProcess: ["core"], onExamples: ["site"] },
    B227: { inProcess: ["core"], onExamples: ["site"] },
    B229: { inProcess: ["core"], onExamples: ["site"] },
    B231: { inProcess: ["core"], onExamples: ["site"] },
    B233: { inProcess: ["core"], onExamples: ["site"] },
    B235: { inProcess: ["core"], onExamples: ["site"] },
    B237: { inProcess: ["core"], onExamples: ["site"] },
    B239: { inProcess: ["core"], onExamples: ["site"] },
    B241: { inProcess: ["core"], onExamples: ["site"] },
    B243: { inProcess: ["core"], onExamples: ["site"] },
    B245: { inProcess: ["core"], onExamples: ["site"] },
    B247: { inProcess: ["core"], onExamples: ["site"] },
    B249: { inProcess: ["core"], onExamples: ["site"] },
    B251: { inProcess: ["core"], onExamples: ["site"] },
    B253: { inProcess: ["core"], onExamples: ["site"] },
    B255: { inProcess: ["core"], onExamples: ["site"] },
    B257: { inProcess: ["core"], onExamples: ["site"] },
    B259: { inProcess: ["core"], onExamples: ["site"] },
    B261: { inProcess: ["core"], onExamples: ["site"] },
    B263: { inProcess: ["core"], onExamples: ["site"] },
    B265: { inProcess: ["core"], onExamples: ["site"] },
    B267: { inProcess: ["core"], onExamples: ["site"] },
    B269: { inProcess: ["core"], onExamples: ["site"] },
    B271: { inProcess: ["core"], onExamples: ["site"] },
    B273: { inProcess: ["core"], onExamples: ["site"] },
    B275: { inProcess: ["core"], onExamples: ["site"] },
    B277: { inProcess: ["core"], onExamples: ["site"] },
    B279: { inProcess: ["core"], onExamples: ["site"] },
    B281: { inProcess: ["core"], onExamples: ["site"] },
    B283: { inProcess: ["core"], onExamples: ["site"] },
    B285: { inProcess: ["core"], onExamples: ["site"] },
    B287: { inProcess: ["core"], onExamples: ["site"] },
    B289: { inProcess: ["core"], onExamples: ["site"] },
    B291: { inProcess: ["core"], onExamples: ["site"] },
    B293: { inProcess: ["core"], onExamples: ["site"] },
    B295: { inProcess: ["core"], onExamples: ["site"] },
    B297: { inProcess: ["core"], onExamples: ["site"] },
    B299: { inProcess: ["core"], onExamples: ["site"] },
    B301: { inProcess: ["core"], onExamples: ["site"] },
    B303: { inProcess: ["core"], onExamples: ["site"] },
    B305: { inProcess: ["core"], onExamples: ["site"] },
    B307: { inProcess: ["core"], onExamples: ["site"] },
    B309: { inProcess: ["core"], onExamples: ["site"] },
    B311: { inProcess: ["core"], onExamples: ["site"] },
    B313: { inProcess: ["core"], onExamples: ["site"] },
    B315: { inProcess: ["core"], onExamples: ["site"] },
    B317: { inProcess: ["core"], onExamples: ["site"] },
    B319: { inProcess: ["core"], onExamples: ["site"] },
    B321: { inProcess: ["core"], onExamples: ["site"] },
    B323: { inProcess: ["core"], onExamples: ["site"] }
  },
  password: {
    B425: { inProcess: ["hashers"], onExamples: ["site"] },
    B427: { inProcess: ["hashers"], onExamples: ["site"] },
    B429: { inProcess: ["hashers"], onExamples: ["site"] },
    B431: { inProcess: ["hashers"], onExamples: ["site"] },
    B433: { inProcess: ["hashers"], onExamples: ["site"] },
    B435: {
      inProcess: ["hashers"],
      onExamples: ["site"],
      differs: { site: "at a login this is a wrong password, with the same answer" }
    },
    B437: { inProcess: ["hashers"], onExamples: ["site"] }
  },
  "reset-token": {
    B459: {
      inProcess: ["core"],
      onExamples: ["account pages"],
      differs: { "account pages": "without a token the path is another one: 404" }
    },
    B461: { inProcess: ["core"], onExamples: ["account pages"] },
    B463: { inProcess: ["core"], onExamples: ["account pages"] },
    B465: { inProcess: ["core"], onExamples: ["account pages"] },
    B467: { inProcess: ["core"], onExamples: ["account pages"] },
    B469: { inProcess: ["core"], onExamples: ["account pages"] },
    B471: { inProcess: ["core"], onExamples: ["account pages"] },
    B473: { inProcess: ["core"], onExamples: ["account pages"] },
    B475: { inProcess: ["core"], onExamples: ["account pages"] }
  },
  "session-key": {
    B037: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B039: {
      onExamples: ["site", "file sessions", "Redis sessions"],
      differs: {
        site: "a key of 8 characters or more is looked up, as in Django; keys that were not issued are not found"
      }
    },
    B041: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B043: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B045: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B047: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B049: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B051: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B053: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B055: { onExamples: ["site", "file sessions", "Redis sessions"] },
    B057: { onExamples: ["site", "file sessions", "Redis sessions"] }
  },
  "session-payload": {
    B097: {
      inProcess: ["core"],
      onExamples: ["site"],
      differs: { site: "the row stays as it is until a request writes the session, as in Django" }
    },
    B099: { inProcess: ["core"], onExamples: ["site"] },
    B101: { inProcess: ["core"], onExamples: ["site"] },
    B103: { inProcess: ["core"], onExamples: ["site"] },
    B105: { inProcess: ["core"], onExamples: ["site"] },
    B107: { inProcess: ["core"], onExamples: ["site"] },
    B109: { inProcess: ["core"], onExamples: ["site"] },
    B111: { inProcess: ["core"], onExamples: ["site"] },
    B113: { inProcess: ["core"], onExamples: ["site"] },
    B115: { inProcess: ["core"], onExamples: ["site"] },
    B117: { inProcess: ["core"], onExamples: ["site"] },
    B119: { inProcess: ["core"], onExamples: ["site"] },
    B121: { inProcess: ["core"], onExamples: ["site"] },
    B123: { inProcess: ["core"], onExamples: ["site"] },
    B125: { inProcess: ["core"], onExamples: ["site"] },
    B127: { inProcess: ["core"], onExamples: ["site"] },
    B129: { inProcess: ["core"], onExamples: ["site"] },
    B131: {
      inProcess: ["core"],
      onExamples: ["site"],
      differs: { site: "an id that is a number is read as a text, as in Django; this one is of no user" }
    },
    B133: { inProcess: ["core"], onExamples: ["site"] },
    B135: { inProcess: ["core"], onExamples: ["site"] },
    B137: { inProcess: ["core"], onExamples: ["site"] },
    B139: { inProcess: ["core"], onExamples: ["site"] },
    B141: { inProcess: ["core"], onExamples: ["site"] },
    B143: { inProcess: ["core"], onExamples: ["site"] },
    B145: { inProcess: ["core"], onExamples: ["site"] },
    B147: { inProcess: ["core"], onExamples: ["site"], differs: { site: expiry } },
    B149: { inProcess: ["core"], onExamples: ["site"] },
    B151: { inProcess: ["core"], onExamples: ["site"] },
    B153: { inProcess: ["core"], onExamples: ["site"] },
    B155: { inProcess: ["core"], onExamples: ["site"], differs: { site: expiry } },
    B157: {
      inProcess: ["core"],
      onExamples: ["site"],
      differs: {
        core: "the bytes of a session are limited to 16 MiB, not the number of its keys",
        site: "the bytes of a session are limited to 16 MiB, not the number of its keys"
      }
    }
  },
  signed: {
    B059: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B061: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B063: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B065: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B067: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B069: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B071: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B073: {
      inProcess: ["core", "store"],
      differs: { core: "the codec does not check the age of a text; the store of signed cookies does" },
      notOnExamples: frozenClock
    },
    B075: { inProcess: ["core"], onExamples: ["signed cookies"], differs: { core: future, "signed cookies": future } },
    B077: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B079: { inProcess: ["core"], onExamples: ["signed cookies"], differs: { core: future, "signed cookies": future } },
    B081: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B083: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B085: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B087: {
      inProcess: ["core"],
      onExamples: ["signed cookies"],
      differs: { core: trailing, "signed cookies": trailing }
    },
    B089: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B091: { inProcess: ["core"], onExamples: ["signed cookies"] },
    B093: {
      inProcess: ["core"],
      onExamples: ["site"],
      differs: {
        site: "a session that is larger than `maximumSessionBytes` is an outage, so that its data is not lost"
      }
    },
    B095: {
      inProcess: ["store"],
      onExamples: ["signed cookies"],
      differs: { "signed cookies": "the answer is 413, as for every session that is too large" }
    }
  },
  store: {
    B477: {
      onExamples: ["site"],
      differs: {
        site: "the session is stored: in its JSON the character is an escape, so that no statement contains it"
      }
    },
    B479: { onExamples: ["site"] },
    B481: { onExamples: ["site"] },
    B483: { onExamples: ["site"] },
    B485: { onExamples: ["site"] },
    B487: { inProcess: ["store"], onExamples: ["Redis sessions"] },
    B489: { inProcess: ["store"], onExamples: ["file sessions"] },
    B491: { inProcess: ["store"], onExamples: ["file sessions"] }
  },
  username: {
    B387: { onExamples: ["site", "account pages"] },
    B389: { onExamples: ["site", "account pages"] },
    B391: { onExamples: ["site", "account pages"] },
    B393: { onExamples: ["site", "account pages"] },
    B395: { onExamples: ["site", "account pages"] },
    B397: { onExamples: ["site", "account pages"] },
    B399: { onExamples: ["site", "account pages"] },
    B401: { onExamples: ["site", "account pages"] },
    B403: { onExamples: ["site", "account pages"] },
    B405: { onExamples: ["site", "account pages"] },
    B407: { onExamples: ["site", "account pages"] },
    B409: { onExamples: ["site", "account pages"] },
    B411: { onExamples: ["site", "account pages"] },
    B413: { onExamples: ["site", "account pages"] },
    B415: { onExamples: ["site", "account pages"] },
    B417: { onExamples: ["site", "account pages"] },
    B419: { onExamples: ["site", "account pages"] },
    B421: { onExamples: ["site", "account pages"] },
    B423: { onExamples: ["site", "account pages"] }
  }
} satisfies Readonly<Record<string, Readonly<Record<string, Case>>>>

/** The cases without a number of `B`: the endpoints of device-bound sessions. */
export const deviceCases: Case = {
  inProcess: ["adapters"],
  notOnExamples: "the examples bind no sessions to devices: sent to three adapters in the process of the test"
}

export type Area = keyof typeof cases

export const areas: Readonly<Record<Area, Readonly<Record<string, Case>>>> = cases

const byId: ReadonlyMap<string, Case> = new Map(Object.values(areas).flatMap((rows) => Object.entries(rows)))

/** @throws {Error} if the table does not have the case */
export const caseOf = (id: string): Case => {
  const found = byId.get(id)
  if (found === undefined) throw new Error(`test/corpus/cases.ts has no ${id}`)
  return found
}

/** The ids of the cases that run in a mode. @param only areas, or ids */
export const idsOf = (mode: Mode, only?: ReadonlyArray<string>): ReadonlyArray<string> =>
  Object.entries(areas).flatMap(([area, rows]) =>
    Object.entries(rows)
      .filter(([id, { inProcess = [], onExamples = [] }]) => {
        const isMeant = only === undefined || only.includes(area) || only.includes(id)
        return isMeant && [...inProcess, ...onExamples].includes(mode)
      })
      .map(([id]) => id)
  )
