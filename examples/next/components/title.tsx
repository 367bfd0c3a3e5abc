/** A page's title, which is what is heard first. @param isProblem whether a form is shown again */
export const Title = ({ children, isProblem = false }: { readonly children: string; readonly isProblem?: boolean }) => (
  <title>{`${isProblem ? "Problem: " : ""}${children} – latchkey`}</title>
)
