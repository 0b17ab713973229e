// graphile-worker: makes its schema, or runs its own runner with a task that does nothing and prints jobs a second.
//
//   node graphile.mjs migrate | consume SECONDS
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";

const [verb, seconds] = process.argv.slice(2);
const logger = new Logger(() => () => {});
const pgPool = new pg.Pool({ max: 12 });

if (verb === "migrate") {
  await runMigrations({ pgPool, logger });
} else {
  let done = 0;
  let first, last;
  const runner = await run({
    pgPool,
    logger,
    concurrency: 10,
    noHandleSignals: true,
    taskList: {
      noop() {
        last = performance.now();
        first ??= last;
        done++;
      },
    },
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await runner.stop();
  // Until the last one, so that a queue that ran empty does not count as slow.
  console.log(done > 1 ? (done - 1) / ((last - first) / 1000) : 0);
}
await pgPool.end();
