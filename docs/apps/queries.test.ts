import { deepEqual } from "node:assert/strict"
import { after, test } from "node:test"
import { everyOrder, Gate, gateQueries } from "latchkey/testing"
import pg from "pg"

// The application under test, and its table before each order.
const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"] })
after(() => pool.end())
const reset = async () => void (await pool.query("DROP TABLE IF EXISTS item; CREATE TABLE item AS SELECT 1 AS stock"))
const sell = async (): Promise<boolean> => {
  const sold = await pool.query("UPDATE item SET stock = stock - 1 WHERE stock > 0")
  return sold.rowCount === 1
}

// From now on every query of this process waits for its turn in everyOrder.
const gate = new Gate()
gateQueries(pg.Client, gate)
const scene = () => ({ requests: [sell, sell], check: (sold: Array<boolean>) => deepEqual(sold.sort(), [false, true]) })

test("the last item is sold once, in every order of the queries", async () => {
  const { orders } = await everyOrder({ gate, reset }, scene, { incomplete: "allowed", repeats: "calls" })
  deepEqual(orders, 2)
})

test("the order that an error names runs again alone", async () => {
  await everyOrder({ gate, reset }, scene, { only: "B A", repeats: "calls" })
})
