"use client"
import { useActionState } from "react"
import { untouched } from "../../../site/forms/form-state.ts"
import { Field, ProblemSummary } from "../../components/fields.tsx"
import { Title } from "../../components/title.tsx"
import { addToCart } from "./actions.ts"

interface CartFormProps {
  readonly cart: ReadonlyArray<string>
  readonly isAnonymous: boolean
}

export const CartForm = ({ cart, isAnonymous }: CartFormProps) => {
  const [form, action] = useActionState(addToCart, untouched)
  return (
    <>
      <Title isProblem={form.problems.length > 0}>Your cart</Title>
      <ProblemSummary form={form} />
      <h1>Your cart</h1>
      {cart.length === 0 ? (
        <p>It is empty.</p>
      ) : (
        <ul>
          {cart.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an item may be in the cart twice, and none is ever removed
            <li key={index}>{item}</li>
          ))}
        </ul>
      )}
      {isAnonymous && <p className="hint">You keep it when you log in.</p>}
      <form action={action} noValidate>
        <Field name="item" label="Item" type="text" autoComplete="off" form={form} />
        <button type="submit">Add to cart</button>
      </form>
    </>
  )
}
