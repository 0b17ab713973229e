// node-postgres.
const pg = require("pg");

const say = (name, value) => console.log(`${name}: ${value}`);
const kind = (value) => value?.constructor?.name.toLowerCase() ?? String(value);

async function main() {
  const db = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await db.connect();
  const rows = async (sql, parameters = []) => (await db.query(sql, parameters)).rows;
  const value = async (sql, parameters) => Object.values((await rows(sql, parameters))[0])[0];
  const sqlstate = (sql) => rows(sql).then(() => "none", (error) => error.code);

  say("version", require("pg/package.json").version);
  const enqueue = "SELECT pgqrs.enqueue('invoices', $1, headers => $2)";
  await value(enqueue, [{ n: 1, text: "ä'\\" }, { type: "t" }]);
  // Arrays would become arrays of PostgreSQL, and strings are taken for JSON text.
  await value(enqueue, [JSON.stringify([1, "two"]), null]);
  await value(enqueue, [JSON.stringify("text"), null]);
  await value("SELECT pgqrs.enqueue_batch('invoices', $1)", [[{ n: 2 }, { n: 3 }]]);
  await db.query("BEGIN");
  await value(enqueue, ['"rolled back"', null]);
  await db.query("ROLLBACK");
  await db.query("BEGIN");
  await value(enqueue, ['"committed"', null]);
  await db.query("COMMIT");

  say("ready", await value("CALL pgqrs.wait('invoices', $1)", ["5 s"]));
  const [job] = await rows("SELECT id, read_ct, payload FROM pgqrs.dequeue('invoices')");
  say("id", `${typeof job.id} ${job.id}`);
  say("payload", kind(job.payload));
  const archive = "SELECT pgqrs.archive('invoices', $1, $2)";
  say("true", await value(archive, [job.id, job.read_ct]));
  say("false", await value(archive, [job.id, job.read_ct]));
  const rest = await rows("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', $1)", [10]);
  const arrays = [rest.map((row) => row.id), rest.map((row) => row.read_ct)];
  const done = await rows("SELECT id, done FROM pgqrs.archive_batch('invoices', $1, $2)", arrays);
  say("batch", done.filter((row) => row.done).length);
  say("missing queue", await sqlstate("SELECT pgqrs.enqueue('missing', '1')"));
  await db.query("BEGIN");
  say("wait in a transaction", await sqlstate("CALL pgqrs.wait('invoices', '1 s')"));
  await db.query("ROLLBACK");
  for (let turn = 0; turn < 12; turn++) {
    await rows("SELECT id FROM pgqrs.dequeue('invoices', vt => $1)", ["30 s"]);
  }
  await db.end();
}

main();
