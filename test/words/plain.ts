/** What the project's texts avoid, and what to write instead. */
import type { Prose } from "./prose.ts"

export interface Rule {
  readonly avoid: RegExp
  /** What to write instead; the report quotes it. */
  readonly instead: string
  /** Which texts the rule is about; every text by default. */
  readonly concerns?: (text: Prose) => boolean
}

/** Words that leave open who does something or what happens. Readers whose English is weak stop at them. */
export const rules: ReadonlyArray<Rule> = [
  {
    avoid: /\b(whoever|whomever|whom)\b/gi,
    instead: "name who it is: the client, the handler, the store, the caller, another request"
  },
  { avoid: /\b(somebody|someone)\b/gi, instead: 'name who it is: "a user", "a client", "another request"' },
  { avoid: /\b(nobody|no one)\b/gi, instead: '"no user", "no client", or the anonymous visitor' },
  { avoid: /\b(anybody|anyone)\b/gi, instead: '"any user", "any client", "an attacker"' },
  { avoid: /\b(everybody|everyone)\b/gi, instead: '"every user", "every client"' },
  { avoid: /\bwhatever\b/gi, instead: '"any", "every", or list the cases' },
  { avoid: /\bone's own\b/gi, instead: '"your own", or "custom"' },
  { avoid: /\bof (its|their) own accord\b/gi, instead: '"by itself", or say what starts it' },
  { avoid: /\bin vain\b/gi, instead: "say what fails" },
  { avoid: /\b(comes?|came|coming) along\b/gi, instead: '"arrives", "is loaded together with"' },
  { avoid: /\b(becomes?|became|come|comes|came) of\b/gi, instead: "say what happens to it" },
  { avoid: /\bfor ?ever\b/gi, instead: '"without end", "permanently", or say until when' },
  { avoid: /\bforsak(e|es|en|ing)\b/gi, instead: '"discard", "leave"' },
  { avoid: /\b(is|are|was|were) to be\b/gi, instead: '"must be", "will be", "should be"' },
  { avoid: /\b(all )?at once\b/gi, instead: 'one of its two meanings: "immediately", or "at the same time"' },
  { avoid: /\bso long as\b/gi, instead: '"while", "until"' },
  { avoid: /\b(thereof|therein|thereby|hereby|herein|hence|thence|whence|lest|thus)\b/gi, instead: '"so", "for"' },
  {
    avoid: /\b(shall|ought|upon|nought|naught|alas|heed)\b/gi,
    instead: 'everyday words: "must", "should", "on", "nothing"'
  },
  { avoid: /\bvouch(es|ed|ing)?\b/gi, instead: '"has authenticated", "confirms"' },
  { avoid: /\bsuch a one\b/gi, instead: "repeat the noun" },
  { avoid: /§/g, instead: 'in code "RFC 6265, section 5.2"; in a page a link to the section' },
  {
    avoid: /(?<![\w-])[A-Z]\d{1,3}[a-z]?\b/g,
    instead: "the law or rule in a sentence: its number says nothing to a reader",
    concerns: ({ isTitle }) => isTitle
  }
]

/** Code within a text: it is quoted, not prose. */
const code = /`[^`\n]*`|\S+@\S+|\b\w+\(/g

/** The places where a text breaks a rule: file, line, what was written, and what to write instead. */
export const complaintsOf = (prose: Prose): ReadonlyArray<string> => {
  const text = prose.text.replace(code, (quoted) => quoted.replace(/\S/g, "_"))
  return rules.flatMap(({ avoid, concerns = () => true, instead }) =>
    concerns(prose)
      ? Array.from(text.matchAll(avoid), ({ 0: found, index }) => {
          const line = prose.line + text.slice(0, index).split("\n").length - 1
          return `${prose.file}:${line}: "${found}": write ${instead}`
        })
      : []
  )
}
