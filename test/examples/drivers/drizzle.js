// Drizzle, over node-postgres.
const pg = require("pg");
const { sql } = require("drizzle-orm");
const { drizzle } = require("drizzle-orm/node-postgres");
const { version } = require(`${process.env.NODE_PATH}/drizzle-orm/package.json`);

const say = (name, value) => console.log(`${name}: ${value}`);
const kind = (value) => value?.constructor?.name.toLowerCase() ?? String(value);

async function main() {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
  const db = drizzle(pool);
  const rows = async (query, on = db) => (await on.execute(query)).rows;
  const value = async (query, on) => Object.values((await rows(query, on))[0])[0];
  const sqlstate = (query, on) => rows(query, on).then(() => "none", (error) => error.code ?? error.cause?.code);
  // It writes an array as a list in parentheses: sql.param keeps it one parameter.
  const array = (values) => sql.param(values);

  say("version", version);
  await value(sql`SELECT pgqrs.enqueue('invoices', ${{ n: 1, text: "ä'\\" }}, headers => ${{ type: "t" }})`);
  await value(sql`SELECT pgqrs.enqueue('invoices', ${JSON.stringify([1, "two"])})`);
  await value(sql`SELECT pgqrs.enqueue('invoices', ${JSON.stringify("text")})`);
  await value(sql`SELECT pgqrs.enqueue_batch('invoices', ${array([{ n: 2 }, { n: 3 }])})`);
  await db
    .transaction(async (transaction) => {
      await value(sql`SELECT pgqrs.enqueue('invoices', ${'"rolled back"'})`, transaction);
      throw new Error("changed my mind");
    })
    .catch(() => {});
  await db.transaction((transaction) => value(sql`SELECT pgqrs.enqueue('invoices', ${'"committed"'})`, transaction));

  say("ready", await value(sql`CALL pgqrs.wait('invoices', ${"5 s"})`));
  const [job] = await rows(sql`SELECT id, read_ct, payload FROM pgqrs.dequeue(${"invoices"})`);
  say("id", `${typeof job.id} ${job.id}`);
  say("payload", kind(job.payload));
  const archive = () => value(sql`SELECT pgqrs.archive('invoices', ${job.id}, ${job.read_ct})`);
  say("true", await archive());
  say("false", await archive());
  const rest = await rows(sql`SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ${10})`);
  const ids = array(rest.map((row) => row.id)), counts = array(rest.map((row) => row.read_ct));
  const done = await rows(sql`SELECT id, done FROM pgqrs.archive_batch('invoices', ${ids}, ${counts})`);
  say("batch", done.filter((row) => row.done).length);
  say("missing queue", await sqlstate(sql`SELECT pgqrs.enqueue('missing', '1')`));
  await db
    .transaction(async (transaction) => {
      say("wait in a transaction", await sqlstate(sql`CALL pgqrs.wait('invoices', '1 s')`, transaction));
      throw new Error("over");
    })
    .catch(() => {});
  for (let turn = 0; turn < 12; turn++) {
    await rows(sql`SELECT id FROM pgqrs.dequeue('invoices', vt => ${"30 s"})`);
  }
  await pool.end();
}

main();
