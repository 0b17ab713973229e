// Kysely, over node-postgres.
const { Kysely, PostgresDialect, sql } = require("kysely");
const pg = require("pg");
const { version } = require(`${process.env.NODE_PATH}/kysely/package.json`);

const say = (name, value) => console.log(`${name}: ${value}`);
const kind = (value) => value?.constructor?.name.toLowerCase() ?? String(value);

async function main() {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  const rows = async (query, on = db) => (await query.execute(on)).rows;
  const value = async (query, on) => Object.values((await rows(query, on))[0])[0];
  const sqlstate = (query, on) => rows(query, on).then(() => "none", (error) => error.code);

  say("version", version);
  await value(sql`SELECT pgqrs.enqueue('invoices', ${{ n: 1, text: "ä'\\" }}, headers => ${{ type: "t" }})`);
  await value(sql`SELECT pgqrs.enqueue('invoices', ${JSON.stringify([1, "two"])})`);
  await value(sql`SELECT pgqrs.enqueue('invoices', ${JSON.stringify("text")})`);
  await value(sql`SELECT pgqrs.enqueue_batch('invoices', ${[{ n: 2 }, { n: 3 }]})`);
  await db
    .transaction()
    .execute(async (transaction) => {
      await value(sql`SELECT pgqrs.enqueue('invoices', ${'"rolled back"'})`, transaction);
      throw new Error("changed my mind");
    })
    .catch(() => {});
  await db
    .transaction()
    .execute((transaction) => value(sql`SELECT pgqrs.enqueue('invoices', ${'"committed"'})`, transaction));

  say("ready", await value(sql`CALL pgqrs.wait('invoices', ${"5 s"})`));
  const [job] = await rows(sql`SELECT id, read_ct, payload FROM pgqrs.dequeue(${"invoices"})`);
  say("id", `${typeof job.id} ${job.id}`);
  say("payload", kind(job.payload));
  const archive = () => value(sql`SELECT pgqrs.archive('invoices', ${job.id}, ${job.read_ct})`);
  say("true", await archive());
  say("false", await archive());
  const rest = await rows(sql`SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ${10})`);
  const ids = rest.map((row) => row.id), counts = rest.map((row) => row.read_ct);
  const done = await rows(sql`SELECT id, done FROM pgqrs.archive_batch('invoices', ${ids}, ${counts})`);
  say("batch", done.filter((row) => row.done).length);
  say("missing queue", await sqlstate(sql`SELECT pgqrs.enqueue('missing', '1')`));
  await db
    .transaction()
    .execute(async (transaction) => {
      say("wait in a transaction", await sqlstate(sql`CALL pgqrs.wait('invoices', '1 s')`, transaction));
      throw new Error("over");
    })
    .catch(() => {});
  for (let turn = 0; turn < 12; turn++) {
    await rows(sql`SELECT id FROM pgqrs.dequeue('invoices', vt => ${"30 s"})`);
  }
  await db.destroy();
}

main();
