import { reader } from "latchkey/next/reader"
import { cartOf } from "../../../site/forms/cart.ts"
import { Frame } from "../../components/frame.tsx"
import { auth } from "../../lib/application.ts"
import { visitor } from "../../lib/visitor.ts"
import { CartForm } from "./cart-form.tsx"

const Cart = async () => {
  const [{ session }, person] = [await reader(auth()), await visitor()]
  return (
    <Frame path="/cart/" visitor={person}>
      <CartForm cart={await cartOf(session)} isAnonymous={person === undefined} />
    </Frame>
  )
}

export default Cart
