-- An order, executed by the server: reserve, ask for approval, charge, wait for the payment, ship; and undo it all
-- when that fails for good. Each step and its record are one commit.
--
--   psql "$DATABASE_URL" -f examples/workflows_schema.sql -f examples/sql/order_workflow.sql
--   psql "$DATABASE_URL" -c "SELECT run FROM pgqrs.start_workflow('order', '{\"item\": \"book\", \"amount\": 7}')"
--   psql "$DATABASE_URL" -c "SELECT pgqrs.signal_run(RUN, 'approved', '{\"ok\": true}'), pgqrs.signal_run(RUN, 'paid')"
--
-- The server executes it when pgqrs is in shared_preload_libraries. Else a session does:
--
--   psql "$DATABASE_URL" -c "CALL pgqrs.run_workflows('1 hour')"

CREATE FUNCTION reserve_item(args jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shelf SET remaining = remaining - 1 WHERE item = args ->> 'item';
    INSERT INTO reservations VALUES (pgqrs.current_run(), args ->> 'item');
    INSERT INTO effects (run, effect) VALUES (pgqrs.current_run(), 'reserve');
END $$;

CREATE FUNCTION ship_item(args jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipments VALUES (pgqrs.current_run(), args ->> 'item');
    INSERT INTO effects (run, effect) VALUES (pgqrs.current_run(), 'ship');
END $$;

CREATE FUNCTION release_item(args jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shelf SET remaining = remaining + 1 WHERE item = args ->> 'item';
    DELETE FROM reservations WHERE run = pgqrs.current_run();
    INSERT INTO effects (run, effect) VALUES (pgqrs.current_run(), 'release');
END $$;

-- These stand for somebody outside. A server can ask him by a job in the same commit, and wait for a signal.
CREATE FUNCTION charge_order(args jsonb) RETURNS text LANGUAGE sql AS $$
    INSERT INTO charges VALUES (pgqrs.current_run() || ':charge:0', (args ->> 'amount')::integer) RETURNING key
$$;

CREATE FUNCTION refund_order(args jsonb) RETURNS text LANGUAGE sql AS $$
    INSERT INTO refunds
    SELECT pgqrs.current_run() || ':refund:0', key, amount FROM charges WHERE key = args #>> '{}'
    RETURNING key
$$;

CREATE PROCEDURE order_workflow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
DECLARE
    to_pay interval := make_interval(secs => coalesce((input ->> 'seconds_to_pay')::float8, 3 * 24 * 3600));
    charged jsonb;
    result jsonb;
    error text;
    late boolean;
BEGIN
    -- When nothing is left, the run fails by this, and there is nothing to undo.
    CALL pgqrs.step('reserve', 'reserve_item', input, result, error, max_attempts => 1);
    CALL pgqrs.wait_signal_step('approval', 'approved', result, late, timeout => '3 days');
    IF late OR NOT (result ->> 'ok')::boolean THEN
        error := 'approval';
    ELSE
        CALL pgqrs.step('charge', 'charge_order', input, charged, error);
        CALL pgqrs.wait_signal_step('payment', 'paid', result, late, timeout => to_pay);
        IF late THEN
            error := 'payment';
        ELSE
            CALL pgqrs.step('ship', 'ship_item', input, result, error, on_error => 'return', max_attempts => 1);
        END IF;
    END IF;
    output := jsonb_strip_nulls(jsonb_build_object('shipped', error IS NULL, 'because', error));
    IF error IS NOT NULL THEN
        IF charged IS NOT NULL THEN
            CALL pgqrs.step('refund', 'refund_order', charged, result, error, max_attempts => 0);
        END IF;
        CALL pgqrs.step('release', 'release_item', input, result, error, max_attempts => 0);
    END IF;
END $$;

SELECT handler FROM pgqrs.alter_workflow('order', handler => 'order_workflow');
