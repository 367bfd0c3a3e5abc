"use server"
import { submitItem } from "../../../site/forms/cart.ts"
import { formAction } from "../../lib/form-action.ts"

export const addToCart = formAction({ page: "/cart/" }, submitItem)
