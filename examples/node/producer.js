// Places orders, and enqueues a job for each in the same transaction.
//
//   DATABASE_URL=postgresql://... node producer.js [ORDERS [QUANTITY]]
//
// A quantity of 0 is refused by the table: then neither the order nor its job exists.
const pg = require("pg");

const queue = process.env.QUEUE ?? "invoices";

async function placeOrder(db, quantity) {
  await db.query("BEGIN");
  try {
    const { rows } = await db.query("INSERT INTO orders (placed_by) VALUES ('node') RETURNING id");
    // A bigint comes as a string. This one goes into JSON as a number; pg turns objects into JSON itself.
    const orderId = Number(rows[0].id);
    await db.query("SELECT pgqrs.enqueue($1, $2, headers => $3)", [
      queue,
      { order_id: orderId },
      { type: "order_placed", source: "node" },
    ]);
    // If this fails the enqueue is undone with the rest.
    await db.query("INSERT INTO order_lines VALUES ($1, 'pencil', $2, 1.20), ($1, 'paper', $2, 4.50)", [
      orderId,
      quantity,
    ]);
    await db.query("COMMIT");
  } catch (error) {
    await db.query("ROLLBACK");
    throw error;
  }
}

async function main(orders = 1, quantity = 3) {
  const db = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await db.connect();
  try {
    for (let i = 0; i < orders; i++) await placeOrder(db, quantity);
  } finally {
    await db.end();
  }
}

main(...process.argv.slice(2).map(Number)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
