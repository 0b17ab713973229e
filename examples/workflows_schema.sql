-- What the workflows of the examples work on. Each language that has an order workflow has it with these tables.
--
--   psql "$DATABASE_URL" -f examples/workflows_schema.sql

CREATE EXTENSION IF NOT EXISTS pgqrs;

SELECT name FROM pgqrs.create_workflow('order', max_attempts => 5, backoff_base => '100 ms');
-- Each queue has the name of its workflow. A worker that is killed costs a delivery.
SELECT name FROM pgqrs.alter_queue('order', max_deliveries => 20);

-- A parent and its children, all in one queue.
SELECT name FROM pgqrs.create_workflow('sum_of_squares');
SELECT name FROM pgqrs.create_workflow('square', queue => 'sum_of_squares');
SELECT name FROM pgqrs.alter_queue('sum_of_squares', max_deliveries => 20);

SELECT name FROM pgqrs.create_workflow('nightly_report');
SELECT name FROM pgqrs.alter_queue('nightly_report', max_deliveries => 20);

-- What an order takes, and gives back when it comes to nothing.
CREATE TABLE shelf (
    item text PRIMARY KEY,
    remaining integer NOT NULL CHECK (remaining >= 0)
);

CREATE TABLE reservations (
    run bigint PRIMARY KEY,
    item text NOT NULL REFERENCES shelf
);

-- Nobody carries a piano, so an order of one fails after it was paid.
CREATE TABLE shipments (
    run bigint PRIMARY KEY,
    item text NOT NULL REFERENCES shelf,
    CONSTRAINT shipments_carrier_check CHECK (item <> 'piano')
);

-- These two stand for somebody outside who takes money. He is not in the transactions of the workflow; he knows
-- each order to him by a key, and does nothing when he gets it a second time.
CREATE TABLE charges (
    key text PRIMARY KEY,
    amount integer NOT NULL
);

CREATE TABLE refunds (
    key text PRIMARY KEY,
    charge text NOT NULL UNIQUE REFERENCES charges,
    amount integer NOT NULL
);

-- A ledger of what was done in a transaction of a workflow: reserve, ship, release, report. Nothing here refuses a
-- second row: that there is none is what pgqrs is for.
CREATE TABLE effects (
    run bigint NOT NULL,
    effect text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What the nightly report writes, a row for each night.
CREATE TABLE reports (
    night date NOT NULL,
    run bigint NOT NULL,
    shipped bigint NOT NULL
);

INSERT INTO shelf VALUES ('book', 1000), ('lamp', 1000), ('piano', 1000);
