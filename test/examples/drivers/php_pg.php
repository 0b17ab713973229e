<?php
// PHP's pg_* functions. Everything is text, booleans too.

$db = pg_connect(getenv('DATABASE_URL'));

function say(string $name, mixed $value): void
{
    echo "$name: $value\n";
}

function rows(string $sql, mixed ...$parameters): array
{
    global $db;
    $result = pg_query_params($db, $sql, $parameters);
    if ($result === false) {
        throw new RuntimeException(pg_last_error($db));
    }
    return pg_fetch_all($result);
}

function value(string $sql, mixed ...$parameters): mixed
{
    return current(rows($sql, ...$parameters)[0]);
}

// The SQLSTATE is in the result, so the call must not turn it into a warning.
function sqlstate(string $sql): string
{
    global $db;
    pg_send_query_params($db, $sql, []);
    $result = pg_get_result($db);
    while (pg_get_result($db)) {
    }
    return pg_result_error_field($result, PGSQL_DIAG_SQLSTATE) ?? 'none';
}

say('version', phpversion('pgsql'));
$enqueue = "SELECT pgqrs.enqueue('invoices', $1, headers => $2)";
value($enqueue, json_encode(['n' => 1, 'text' => "ä'\\"]), json_encode(['type' => 't']));
value($enqueue, json_encode([1, 'two']), null);
value($enqueue, json_encode('text'), null);
$batch = json_encode([['n' => 2], ['n' => 3]]);
rows("SELECT pgqrs.enqueue_batch('invoices', ARRAY(SELECT jsonb_array_elements($1)))", $batch);
pg_query($db, 'BEGIN');
value($enqueue, '"rolled back"', null);
pg_query($db, 'ROLLBACK');
pg_query($db, 'BEGIN');
value($enqueue, '"committed"', null);
pg_query($db, 'COMMIT');

say('ready', var_export(value("CALL pgqrs.wait('invoices', $1)", '5 s'), true));
$job = rows('SELECT id, read_ct, payload FROM pgqrs.dequeue($1)', 'invoices')[0];
say('id', get_debug_type($job['id']) . " {$job['id']}");
say('payload', get_debug_type($job['payload']));
$archive = "SELECT pgqrs.archive('invoices', $1, $2)";
say('true', var_export(value($archive, $job['id'], $job['read_ct']), true));
say('false', var_export(value($archive, $job['id'], $job['read_ct']), true));
$rest = rows("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', $1)", 10);
$arrays = array_map(fn($name) => '{' . implode(',', array_column($rest, $name)) . '}', ['id', 'read_ct']);
$done = rows("SELECT id, done FROM pgqrs.archive_batch('invoices', $1, $2)", ...$arrays);
say('batch', count(array_filter($done, fn($row) => $row['done'] === 't')));
say('missing queue', sqlstate("SELECT pgqrs.enqueue('missing', '1')"));
pg_query($db, 'BEGIN');
say('wait in a transaction', sqlstate("CALL pgqrs.wait('invoices', '1 s')"));
pg_query($db, 'ROLLBACK');
for ($turn = 0; $turn < 12; $turn++) {
    rows("SELECT id FROM pgqrs.dequeue('invoices', vt => $1)", '30 s');
}
