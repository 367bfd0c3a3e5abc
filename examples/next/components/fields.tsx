"use client"
/** The parts of a form: a summary of its problems, and fields that repeat their problems. */
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

/** A label and an input with its hint and problems, which are linked to the input so that screen readers read them. */
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

/** The list of problems, first on the page and focused; each problem links to its field. */
export const ProblemSummary = ({ form: { problems } }: { readonly form: FormState }) => {
  const section = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a screen reader should read the problems of every answer
  useEffect(() => section.current?.focus(), [problems])
  if (problems.length === 0) return undefined
  return (
    // biome-ignore lint/a11y/noAutofocus: without JavaScript, a screen reader should read the problems first too
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
