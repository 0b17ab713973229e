-- What the demo keeps: the business tables beside the queue. They belong to the application, not to pgqrs.

CREATE EXTENSION pgqrs;

-- A short lease, so that the jobs of a killed worker come back while one watches.
SELECT pgqrs.create_queue('checksums', visibility_timeout => '3 s', description => 'one job a file');

-- Every path the installed packages list, as list_files.py finds it.
CREATE TABLE listed_paths (
    n bigint PRIMARY KEY,
    package text NOT NULL,
    path text NOT NULL UNIQUE,
    kind text NOT NULL
);

-- The files with a job.
CREATE TABLE files (
    job_id bigint PRIMARY KEY,
    package text NOT NULL,
    path text NOT NULL UNIQUE
);

-- A ledger: a row each time a job was processed. Nothing here refuses a second row for a job; that there is none is
-- what check.sql looks at.
CREATE TABLE results (
    job_id bigint NOT NULL REFERENCES files,
    read_ct integer NOT NULL,
    worker_id bigint NOT NULL,
    worker text NOT NULL,
    status text NOT NULL,
    bytes bigint,
    sha256 text,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What the killed worker held.
CREATE TABLE held_at_kill (
    job_id bigint PRIMARY KEY,
    read_ct integer NOT NULL,
    worker_id bigint NOT NULL,
    vt timestamptz NOT NULL,
    killed_at timestamptz NOT NULL
);
