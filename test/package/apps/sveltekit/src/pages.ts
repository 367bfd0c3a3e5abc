import { error, redirect } from "@sveltejs/kit"
import { pagesOf } from "../pages.ts"

export const pages = pagesOf({ redirect: () => redirect(303, "/elsewhere"), refuse: () => error(418, "refused") })
