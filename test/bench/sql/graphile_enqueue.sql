SELECT id FROM graphile_worker.add_job('noop', :payload);
