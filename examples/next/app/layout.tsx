import type { Viewport } from "next"
import type { ReactNode } from "react"

/** Pages depend on the user: they are rendered for every request, and no cache stores them. */
export const dynamic = "force-dynamic"

export const viewport: Viewport = { colorScheme: "light dark" }

const Layout = ({ children }: { readonly children: ReactNode }) => (
  <html lang="en">
    <head>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href="/style.css" />
    </head>
    <body>{children}</body>
  </html>
)

export default Layout
