// Makes the invoice for each order, exactly once. Runs until SIGTERM or SIGINT. See examples/README.md.
//
//   DATABASE_URL=postgresql://... node worker.js
const { setTimeout: sleep } = require("node:timers/promises");
const pg = require("pg");

const queue = process.env.QUEUE ?? "invoices";
const lease = Number(process.env.LEASE_SECONDS ?? 30);
const waitSeconds = Number(process.env.WAIT_SECONDS ?? 20);
const workSeconds = Number(process.env.WORK_SECONDS ?? 0);

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stop.abort());

// The pool connects again by itself. At most two at a time: one works or waits, the other extends the lease.
const config = { connectionString: process.env.DATABASE_URL, max: 2, connectionTimeoutMillis: 10_000 };
const pool = new pg.Pool(config);
// A lost connection is an event, too, and one that nobody listens for ends the process.
pool.on("connect", (client) => client.on("error", () => {}));
pool.on("error", () => {});

class LeaseLost extends Error {}

// Calls work with a connection of its own. After an error the connection is not used again.
async function withClient(work) {
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client.release(error);
    throw error;
  }
}

async function dequeue() {
  const { rows } = await pool.query("SELECT id, payload, read_ct FROM pgqrs.dequeue($1, vt => $2)", [queue, `${lease} s`]);
  return rows[0];
}

// Outside of a transaction. When the worker shall stop, the wait is cancelled in the server.
function waitForMessage() {
  return withClient(async (client) => {
    const wait = new pg.Query("CALL pgqrs.wait($1, $2)", [queue, `${waitSeconds} s`]);
    // Again and again: a cancel that comes before the call has begun, or that a pooler loses, ends nothing.
    let again;
    const cancel = () => {
      new pg.Client(config).cancel(client, wait);
      again = setTimeout(cancel, 500);
    };
    const ended = new Promise((resolve, reject) => wait.on("end", resolve).on("error", reject));
    stop.signal.addEventListener("abort", cancel);
    try {
      if (stop.signal.aborted) return;
      client.query(wait);
      await ended;
    } finally {
      stop.signal.removeEventListener("abort", cancel);
      clearTimeout(again);
    }
  });
}

async function invoiceTotal(orderId, lost) {
  // The long part of a real job; it ends early when the lease is lost.
  if (workSeconds > 0) await sleep(workSeconds * 1000, undefined, { signal: lost });
  const sum = "SELECT sum(quantity * price) AS total FROM order_lines WHERE order_id = $1";
  const { total } = (await pool.query(sum, [orderId])).rows[0];
  if (total === null) throw new Error(`there is no order ${orderId}`);
  return total;
}

// The invoice and the end of the message are one transaction: both, or neither.
function finish({ id, payload, read_ct }, total) {
  return withClient(async (client) => {
    await client.query("BEGIN");
    await client.query(
      "INSERT INTO invoices (order_id, message_id, read_ct, made_by, total) VALUES ($1, $2, $3, 'node', $4)",
      [payload.order_id, id, read_ct, total],
    );
    const { rows } = await client.query("SELECT pgqrs.archive($1, $2, $3) AS done", [queue, id, read_ct]);
    await client.query(rows[0].done ? "COMMIT" : "ROLLBACK");
    if (!rows[0].done) throw new LeaseLost();
  });
}

async function handle(message) {
  const { id, payload, read_ct } = message;
  const lost = new AbortController();
  const extend = () =>
    pool.query("SELECT pgqrs.extend_visibility($1, $2, $3, $4) AS held", [queue, id, `${lease} s`, read_ct]).then(
      ({ rows }) => rows[0].held || lost.abort(),
      // The next turn tries again; whether it was too late, archive() knows.
      (error) => log(`message ${id} not extended: ${error.message}`),
    );
  const timer = setInterval(extend, (lease * 1000) / 3);
  try {
    await finish(message, await invoiceTotal(payload.order_id, lost.signal));
  } catch (error) {
    if (lost.signal.aborted || error instanceof LeaseLost) return log(`message ${id} went to another worker`);
    log(`message ${id} failed: ${error.message}`);
    // Tried again after the queue's back-off, until its attempts are used up.
    await pool.query("SELECT pgqrs.fail($1, $2, error => $3, read_ct => $4)", [queue, id, error.message, read_ct]);
  } finally {
    clearInterval(timer);
  }
}

function log(text) {
  console.error(`node: ${text}`);
}

async function main() {
  let pause = 0.5;
  while (!stop.signal.aborted) {
    try {
      const message = await dequeue();
      if (message) await handle(message);
      else if (process.env.STOP_WHEN_EMPTY) break;
      else await waitForMessage();
      pause = 0.5;
    } catch (error) {
      if (stop.signal.aborted) break;
      log(`${error.message}; trying again in ${pause} s`); // the connection: ever more slowly
      await sleep(pause * 1000, undefined, { signal: stop.signal }).catch(() => {});
      pause = Math.min(2 * pause, 30);
    }
  }
  await pool.end();
}

main();
