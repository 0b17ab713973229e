// postgres.js. A payload is an object, or sql.json(...): JSON text would be stored as a JSON string.
const postgres = require("postgres");
const { version } = require(`${process.env.NODE_PATH}/postgres/package.json`);

const say = (name, value) => console.log(`${name}: ${value}`);
const kind = (value) => value?.constructor?.name.toLowerCase() ?? String(value);
const options = process.env.UNPREPARED ? { prepare: false } : {};
const sql = postgres(process.env.DATABASE_URL, { max: 1, ...options });
const sqlstate = (query) => query.then(() => "none", (error) => error.code);

async function main() {
  say("version", version);
  await sql`SELECT pgqrs.enqueue('invoices', ${{ n: 1, text: "ä'\\" }}, headers => ${{ type: "t" }})`;
  await sql`SELECT pgqrs.enqueue('invoices', ${sql.json([1, "two"])})`;
  await sql`SELECT pgqrs.enqueue('invoices', ${sql.json("text")})`;
  const batch = [{ n: 2 }, { n: 3 }].map((one) => JSON.stringify(one));
  await sql`SELECT pgqrs.enqueue_batch('invoices', ${sql.array(batch, 25)}::text[]::jsonb[])`;
  await sql
    .begin(async (transaction) => {
      await transaction`SELECT pgqrs.enqueue('invoices', ${sql.json("rolled back")})`;
      throw new Error("changed my mind");
    })
    .catch(() => {});
  await sql.begin((transaction) => transaction`SELECT pgqrs.enqueue('invoices', ${'"committed"'}::text::jsonb)`);

  const [{ text }] = await sql`
    WITH one AS (SELECT pgqrs.enqueue('invoices', ${JSON.stringify({ n: 0 })}::jsonb) AS id)
    SELECT id::text AS text FROM one`;
  const [{ type }] = await sql`SELECT jsonb_typeof(payload) AS type FROM pgqrs.messages WHERE id = ${text}`;
  say("JSON text becomes a JSON", type);
  await sql`SELECT pgqrs.delete('invoices', ${text})`;

  say("ready", (await sql`CALL pgqrs.wait('invoices', ${"5 s"})`)[0].ready);
  const [job] = await sql`SELECT id, read_ct, payload FROM pgqrs.dequeue(${"invoices"})`;
  say("id", `${typeof job.id} ${job.id}`);
  say("payload", kind(job.payload));
  const archive = async () => (await sql`SELECT pgqrs.archive('invoices', ${job.id}, ${job.read_ct})`)[0].archive;
  say("true", await archive());
  say("false", await archive());
  const rest = await sql`SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ${10})`;
  const ids = rest.map((row) => row.id), counts = rest.map((row) => row.read_ct);
  const done = await sql`SELECT id, done FROM pgqrs.archive_batch('invoices', ${ids}, ${counts})`;
  say("batch", done.filter((row) => row.done).length);
  say("missing queue", await sqlstate(sql`SELECT pgqrs.enqueue('missing', '1')`));
  await sql
    .begin(async (transaction) => {
      const state = await sqlstate(transaction`CALL pgqrs.wait('invoices', '1 s')`);
      say("wait in a transaction", state);
      throw new Error("over");
    })
    .catch(() => {});
  for (let turn = 0; turn < 12; turn++) {
    // Outside of a transaction the driver repeats what fails by a prepared statement.
    await sql.begin((transaction) => transaction`SELECT id FROM pgqrs.dequeue('invoices', vt => ${"30 s"})`);
  }
  await sql.end();
}

main();
