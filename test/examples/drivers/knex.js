// knex, over node-postgres.
const knex = require("knex");

const say = (name, value) => console.log(`${name}: ${value}`);
const kind = (value) => value?.constructor?.name.toLowerCase() ?? String(value);

async function main() {
  const db = knex({ client: "pg", connection: process.env.DATABASE_URL, pool: { min: 0, max: 1 } });
  const rows = async (sql, parameters = [], on = db) => (await on.raw(sql, parameters)).rows;
  const value = async (sql, parameters, on) => Object.values((await rows(sql, parameters, on))[0])[0];
  const sqlstate = (sql, on) => rows(sql, [], on).then(() => "none", (error) => error.code);

  say("version", require("knex/package.json").version);
  const enqueue = "SELECT pgqrs.enqueue('invoices', ?, headers => ?)";
  await value(enqueue, [{ n: 1, text: "ä'\\" }, { type: "t" }]);
  await value(enqueue, [JSON.stringify([1, "two"]), null]);
  await value(enqueue, [JSON.stringify("text"), null]);
  await value("SELECT pgqrs.enqueue_batch('invoices', ?)", [[{ n: 2 }, { n: 3 }]]);
  await db
    .transaction(async (transaction) => {
      await value(enqueue, ['"rolled back"', null], transaction);
      throw new Error("changed my mind");
    })
    .catch(() => {});
  await db.transaction((transaction) => value(enqueue, ['"committed"', null], transaction));

  say("ready", await value("CALL pgqrs.wait('invoices', ?)", ["5 s"]));
  const [job] = await rows("SELECT id, read_ct, payload FROM pgqrs.dequeue(?)", ["invoices"]);
  say("id", `${typeof job.id} ${job.id}`);
  say("payload", kind(job.payload));
  const archive = "SELECT pgqrs.archive('invoices', ?, ?)";
  say("true", await value(archive, [job.id, job.read_ct]));
  say("false", await value(archive, [job.id, job.read_ct]));
  const rest = await rows("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ?)", [10]);
  const arrays = [rest.map((row) => row.id), rest.map((row) => row.read_ct)];
  const done = await rows("SELECT id, done FROM pgqrs.archive_batch('invoices', ?, ?)", arrays);
  say("batch", done.filter((row) => row.done).length);
  say("missing queue", await sqlstate("SELECT pgqrs.enqueue('missing', '1')"));
  await db
    .transaction(async (transaction) => {
      say("wait in a transaction", await sqlstate("CALL pgqrs.wait('invoices', '1 s')", transaction));
      throw new Error("over");
    })
    .catch(() => {});
  for (let turn = 0; turn < 12; turn++) {
    await rows("SELECT id FROM pgqrs.dequeue('invoices', vt => ?)", ["30 s"]);
  }
  await db.destroy();
}

main();
