<?php
// PDO (pdo_pgsql). JSON is text both ways.

$url = parse_url(getenv('DATABASE_URL'));
$dsn = "pgsql:host={$url['host']};port={$url['port']};dbname=" . substr($url['path'], 1);
$options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION];
if (getenv('UNPREPARED')) {
    $options[PDO::PGSQL_ATTR_DISABLE_PREPARES] = true;
}
$db = new PDO($dsn, $url['user'], $url['pass'], $options);

function say(string $name, mixed $value): void
{
    echo "$name: $value\n";
}

function rows(string $sql, mixed ...$parameters): array
{
    global $db;
    $statement = $db->prepare($sql);
    $statement->execute($parameters);
    return $statement->fetchAll(PDO::FETCH_ASSOC);
}

function value(string $sql, mixed ...$parameters): mixed
{
    return current(rows($sql, ...$parameters)[0]);
}

function sqlstate(string $sql): string
{
    try {
        rows($sql);
        return 'none';
    } catch (PDOException $error) {
        return $error->getCode();
    }
}

say('version', phpversion('pdo_pgsql'));
$enqueue = "SELECT pgqrs.enqueue('invoices', ?, headers => ?)";
value($enqueue, json_encode(['n' => 1, 'text' => "ä'\\"]), json_encode(['type' => 't']));
value($enqueue, json_encode([1, 'two']), null);
value($enqueue, json_encode('text'), null);
$batch = json_encode([['n' => 2], ['n' => 3]]);
rows("SELECT pgqrs.enqueue_batch('invoices', ARRAY(SELECT jsonb_array_elements(?)))", $batch);
$db->beginTransaction();
value($enqueue, '"rolled back"', null);
$db->rollBack();
$db->beginTransaction();
value($enqueue, '"committed"', null);
$db->commit();

say('ready', var_export(value("CALL pgqrs.wait('invoices', ?)", '5 s'), true));
$job = rows('SELECT id, read_ct, payload FROM pgqrs.dequeue(?)', 'invoices')[0];
say('id', get_debug_type($job['id']) . " {$job['id']}");
say('payload', get_debug_type($job['payload']));
$archive = "SELECT pgqrs.archive('invoices', ?, ?)";
say('true', var_export(value($archive, $job['id'], $job['read_ct']), true));
say('false', var_export(value($archive, $job['id'], $job['read_ct']), true));
$rest = rows("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ?)", 10);
$arrays = array_map(fn($name) => '{' . implode(',', array_column($rest, $name)) . '}', ['id', 'read_ct']);
$done = rows("SELECT id, done FROM pgqrs.archive_batch('invoices', ?, ?)", ...$arrays);
say('batch', count(array_filter($done, fn($row) => $row['done'])));
say('missing queue', sqlstate("SELECT pgqrs.enqueue('missing', '1')"));
$db->beginTransaction();
say('wait in a transaction', sqlstate("CALL pgqrs.wait('invoices', '1 s')"));
$db->rollBack();
$kept = $db->prepare("SELECT id FROM pgqrs.dequeue('invoices', vt => ?)");
for ($turn = 0; $turn < 12; $turn++) {
    $kept->execute(['30 s']);
    $kept->fetchAll();
}
