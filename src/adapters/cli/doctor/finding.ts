/** Something that `latchkey doctor` has found. */
export interface Finding {
  /** Stable, for machines: what it is about and what is wrong. */
  readonly code: string
  /** `error`: users are affected now. `warning`: they will be, or are at risk. `note`: worth knowing. */
  readonly severity: "error" | "warning" | "note"
  /** What is wrong. */
  readonly problem: string
  /** What happens to users. */
  readonly effect: string
  /** What to do. */
  readonly remedy: string
  /** How sure it is that users are affected as described. */
  readonly confidence: "certain" | "likely" | "possible"
}
