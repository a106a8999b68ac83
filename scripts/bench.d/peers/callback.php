<?php
// The script that a reseller writes: decode twice, write a temporary file, rename it. BENCH_SYNC=1 also
// syncs the file, which makes its bytes durable, though not its name. BENCH_RECORDS is the directory.

$outer = json_decode(file_get_contents('php://input'), true);
$inner = json_decode($outer['message'] ?? '', true);
$id = $outer['refid'] ?? $inner['trxid'] ?? null;
header('Content-Type: application/json');
if (!is_string($id) || !is_array($inner)) {
    http_response_code(400);
    exit('{"status":"error"}');
}
$record = json_encode([
    'trxid' => $id,
    'status' => $inner['status'] ?? 'Unknown',
    'destination' => $inner['tujuan'] ?? null,
    'text' => $inner['message'] ?? null,
    'receivedAt' => date('c'),
    'remoteAddress' => $_SERVER['REMOTE_ADDR'],
], JSON_PRETTY_PRINT);

$directory = getenv('BENCH_RECORDS');
$name = rawurlencode($id);
$temporary = "$directory/.$name." . getmypid();
$file = fopen($temporary, 'x');
$filed = $file && fwrite($file, $record) === strlen($record)
    && (getenv('BENCH_SYNC') !== '1' || fsync($file))
    && fclose($file) && rename($temporary, "$directory/$name.json");
if (!$filed) {
    http_response_code(503);
    exit('{"status":"error"}');
}
echo json_encode(['status' => 'ok', 'trxid' => $id]);
