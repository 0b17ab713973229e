// pg-boss: prepares a queue, fills it, sends single jobs through eight concurrent calls, or fetches and completes a
// hundred at a time in four concurrent loops. The last two print jobs a second.
//
//   node pgboss.mjs prepare | fill QTY PAYLOAD | send SECONDS PAYLOAD
//   node pgboss.mjs consume SECONDS JOBS      stops after so many jobs, or, with 0, when the time is over
import PgBoss from "pg-boss";

const [verb, amount, payload] = process.argv.slice(2);
const enough = verb === "consume" && Number(payload) > 0 ? Number(payload) : Infinity;
const queue = "bench";
const boss = new PgBoss({ host: process.env.PGHOST, port: Number(process.env.PGPORT), user: process.env.PGUSER,
  database: process.env.PGDATABASE, max: 10 });
boss.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
await boss.start();

// Jobs a second of several loops; one answers how many jobs it did, and nothing left ends it.
async function rate(loops, step) {
  const begin = performance.now();
  const end = begin + amount * 1000;
  let done = 0;
  let last = begin;
  await Promise.all(
    Array.from({ length: loops }, async () => {
      while (performance.now() < end && done < enough) {
        const jobs = await step();
        if (jobs === 0) break;
        done += jobs;
        last = performance.now();
      }
    }),
  );
  return last > begin ? done / ((last - begin) / 1000) : 0;
}

if (verb === "prepare") {
  await boss.createQueue(queue);
} else if (verb === "fill") {
  const data = JSON.parse(payload);
  for (let left = Number(amount); left > 0; left -= 1000) {
    await boss.insert(Array.from({ length: Math.min(left, 1000) }, () => ({ name: queue, data })));
  }
} else if (verb === "send") {
  const data = JSON.parse(payload);
  console.log(await rate(8, async () => ((await boss.send(queue, data)) ? 1 : 0)));
} else {
  console.log(
    await rate(4, async () => {
      const jobs = await boss.fetch(queue, { batchSize: 100 });
      if (jobs.length > 0) await boss.complete(queue, jobs.map((job) => job.id));
      return jobs.length;
    }),
  );
}
await boss.stop({ graceful: false });
