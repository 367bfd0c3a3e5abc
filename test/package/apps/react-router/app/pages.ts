import { data, redirect } from "react-router"
import { pagesOf } from "../pages.ts"

export const pages = pagesOf({
  redirect: () => {
    throw redirect("/elsewhere", 303)
  },
  refuse: () => {
    throw data("refused", { status: 418 })
  }
})
