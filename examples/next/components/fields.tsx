"use client"
/** The parts of a form: a summary of what is wrong, and fields that say it again where it is wrong. */
import { type ReactNode, useEffect, useRef } from "react"
import type { FormState } from "../../site/forms/form-state.ts"

interface FieldProps {
  readonly name: string
  readonly label: string
  readonly type: "text" | "password"
  readonly autoComplete: string
  readonly hint?: ReactNode
  readonly form: FormState
}

/** A label, an input, its hint and its problems, which belong to it for whoever does not see them too. */
export const Field = ({ autoComplete, form, hint, label, name, type }: FieldProps) => {
  const messages = form.problems.filter((problem) => problem.field === name).map(({ message }) => message)
  const describedBy = [
    ...(hint === undefined ? [] : [`${name}-hint`]),
    ...(messages.length === 0 ? [] : [`${name}-problems`])
  ].join(" ")
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {hint !== undefined && (
        <div className="hint" id={`${name}-hint`}>
          {hint}
        </div>
      )}
      {messages.length > 0 && (
        <ul className="problems" id={`${name}-problems`}>
          {messages.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      <input
        id={name}
        name={name}
        type={type}
        autoComplete={autoComplete}
        required
        defaultValue={form.values[name]}
        aria-describedby={describedBy || undefined}
        aria-invalid={messages.length > 0 || undefined}
        {...(type === "text" ? { autoCapitalize: "none", spellCheck: false } : {})}
      />
    </div>
  )
}

/** What is wrong, first on the page and focused, each with a link to its field. */
export const ProblemSummary = ({ form: { problems } }: { readonly form: FormState }) => {
  const section = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: every answer with problems is to be heard
  useEffect(() => section.current?.focus(), [problems])
  if (problems.length === 0) return undefined
  return (
    // biome-ignore lint/a11y/noAutofocus: whoever has no JavaScript is to hear first what is wrong, too
    <section className="summary" aria-labelledby="summary-title" tabIndex={-1} autoFocus ref={section}>
      <h2 id="summary-title">That did not work</h2>
      <ul>
        {problems.map(({ field, message }) => (
          <li key={message}>{field === undefined ? message : <a href={`#${field}`}>{message}</a>}</li>
        ))}
      </ul>
    </section>
  )
}
