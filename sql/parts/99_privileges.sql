-- Nothing is granted to PUBLIC. Who installs the extension, who need not be a superuser, gets what
-- is needed to use it and to grant it to others. The row types of tables keep the privileges they come
-- with: pg_dump warns of each one that a script changes. They serve nobody who has no rights on the schema.

REVOKE ALL ON SCHEMA pgqrs FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA pgqrs FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA pgqrs FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgqrs FROM PUBLIC;
REVOKE ALL ON TYPE
    pgqrs.priority, pgqrs.instant, pgqrs.delivery_count, pgqrs.headers, pgqrs.outcome,
    pgqrs.message, pgqrs.next_message, pgqrs.archived_message, pgqrs.worker, pgqrs.metrics,
    pgqrs.worker_state, pgqrs.worker_health, pgqrs.worker_metrics,
    pgqrs.backoff, pgqrs.failure_result, pgqrs.cancel_result, pgqrs.failed_message,
    pgqrs.failure, pgqrs.dead_letter, pgqrs.retention_rule, pgqrs.queue_grant,
    pgqrs.run_reason, pgqrs.run_state, pgqrs.step_kind, pgqrs.step_status, pgqrs.suspend_status, pgqrs.claimed_run, pgqrs.run_control, pgqrs.run
    FROM PUBLIC;

GRANT ALL ON SCHEMA pgqrs TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL ROUTINES IN SCHEMA pgqrs TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL TABLES IN SCHEMA pgqrs TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL SEQUENCES IN SCHEMA pgqrs TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON TYPE
    pgqrs.priority, pgqrs.instant, pgqrs.delivery_count, pgqrs.headers, pgqrs.outcome,
    pgqrs.message, pgqrs.next_message, pgqrs.archived_message, pgqrs.worker, pgqrs.metrics,
    pgqrs.worker_state, pgqrs.worker_health, pgqrs.worker_metrics,
    pgqrs.backoff, pgqrs.failure_result, pgqrs.cancel_result, pgqrs.failed_message,
    pgqrs.failure, pgqrs.dead_letter, pgqrs.retention_rule, pgqrs.queue_grant,
    pgqrs.run_reason, pgqrs.run_state, pgqrs.step_kind, pgqrs.step_status, pgqrs.suspend_status, pgqrs.claimed_run, pgqrs.run_control, pgqrs.run
    TO @extowner@ WITH GRANT OPTION;
