// graphile-worker: makes its schema, or runs its own runner with a task that does nothing and prints jobs a second.
//
//   node graphile.mjs migrate | consume SECONDS JOBS      stops after so many jobs, or, with 0, when the time is over
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";

const [verb, seconds, jobs] = process.argv.slice(2);
const logger = new Logger(() => () => {});
const pgPool = new pg.Pool({ max: 12 });

if (verb === "migrate") {
  await runMigrations({ pgPool, logger });
} else {
  let done = 0;
  let first, last;
  let enough;
  const over = new Promise((resolve) => {
    enough = resolve;
  });
  const timer = setTimeout(enough, seconds * 1000);
  const runner = await run({
    pgPool,
    logger,
    concurrency: 10,
    noHandleSignals: true,
    taskList: {
      noop() {
        last = performance.now();
        first ??= last;
        if (++done === Number(jobs)) enough();
      },
    },
  });
  await over;
  clearTimeout(timer);
  await runner.stop();
  // Until the last one, so that a queue that ran empty does not count as slow.
  console.log(done > 1 ? (done - 1) / ((last - first) / 1000) : 0);
}
await pgPool.end();
