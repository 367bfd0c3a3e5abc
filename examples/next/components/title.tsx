/** A page's title, which a screen reader reads first. @param isProblem whether a form is shown again with problems */
export const Title = ({ children, isProblem = false }: { readonly children: string; readonly isProblem?: boolean }) => (
  <title>{`${isProblem ? "Problem: " : ""}${children} – latchkey`}</title>
)
