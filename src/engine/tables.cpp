#include "engine/tables.hpp"

#include <array>

#include "pg/catalog.hpp"

namespace pgqrs::engine {
namespace {

constexpr std::array<Column, MessageColumn::count> kMessageColumns = {
    {{"id", INT8OID},
     {"available_at", TIMESTAMPTZOID},
     {"enqueued_at", TIMESTAMPTZOID},
     {"queue_id", INT4OID},
     {"read_ct", INT4OID},
     {"priority", INT2OID},
     {"flags", INT2OID},
     {"attempt", INT2OID},
     {"given_back", INT4OID},
     {"vt", TIMESTAMPTZOID},
     {"delivered_at", TIMESTAMPTZOID},
     {"expires_at", TIMESTAMPTZOID},
     {"worker_id", INT8OID},
     {"max_attempts", INT2OID},
     {"origin_id", INT4OID},
     {"parked_priority", INT2OID},
     {"waiting_for", ANYENUMOID},
     {"headers", JSONBOID},
     {"payload", JSONBOID}}};

constexpr std::array<Column, ArchiveColumn::count> kArchiveColumns = {
    {{"id", INT8OID},
     {"available_at", TIMESTAMPTZOID},
     {"enqueued_at", TIMESTAMPTZOID},
     {"queue_id", INT4OID},
     {"read_ct", INT4OID},
     {"priority", INT2OID},
     {"attempt", INT2OID},
     {"vt", TIMESTAMPTZOID},
     {"delivered_at", TIMESTAMPTZOID},
     {"worker_id", INT8OID},
     {"archived_at", TIMESTAMPTZOID},
     {"processing_duration", INTERVALOID},
     {"outcome", ANYENUMOID},
     {"headers", JSONBOID},
     {"payload", JSONBOID}}};

constexpr std::array<Column, DepartureColumn::count> kDepartureColumns = {
    {{"id", INT8OID}, {"finished", INT8OID}, {"discarded", INT8OID}, {"queue_id", INT4OID}}};

constexpr std::array<Column, FailureColumn::count> kFailureColumns = {
    {{"id", INT8OID},
     {"message_id", INT8OID},
     {"failed_at", TIMESTAMPTZOID},
     {"queue_id", INT4OID},
     {"read_ct", INT4OID},
     {"attempt", INT2OID},
     {"died", BOOLOID},
     {"worker_id", INT8OID},
     {"error", TEXTOID}}};

// A wake has nothing of a message but these.
constexpr std::array<Column, MessageColumn::count> wake_columns() {
    std::array<Column, MessageColumn::count> columns{};
    columns[MessageColumn::id] = {"id", INT8OID};
    columns[MessageColumn::available_at] = {"available_at", TIMESTAMPTZOID};
    columns[MessageColumn::enqueued_at] = {"enqueued_at", TIMESTAMPTZOID};
    columns[MessageColumn::queue_id] = {"queue_id", INT4OID};
    return columns;
}
constexpr auto kWakeColumns = wake_columns();

constexpr TableSpec written_by_statements(const char* name) {
    return {
        .schema = kSchema, .name = name, .sequence = nullptr, .columns = {}, .claimable = false};
}

}  // namespace

constinit const TableSpec kMessages = {.schema = kSchema,
                                       .name = "messages",
                                       .sequence = "messages_id_seq",
                                       .columns = kMessageColumns,
                                       .claimable = true,
                                       .journal_trigger = "messages_changed",
                                       .queue_trigger = "check_queue"};
constinit const TableSpec kArchive = {.schema = kSchema,
                                      .name = "archive",
                                      .sequence = nullptr,
                                      .columns = kArchiveColumns,
                                      .claimable = false,
                                      .journal_trigger = "archive_changed"};
constinit const TableSpec kDepartures = {.schema = kSchema,
                                         .name = "departures",
                                         .sequence = "departures_id_seq",
                                         .columns = kDepartureColumns,
                                         .claimable = false,
                                         .journal_trigger = "departures_changed"};
constinit const TableSpec kFailures = {.schema = kSchema,
                                       .name = "failures",
                                       .sequence = "failures_id_seq",
                                       .columns = kFailureColumns,
                                       .claimable = false};
constinit const TableSpec kWakes = {.schema = kSchema,
                                    .name = "wakes",
                                    .sequence = nullptr,
                                    .columns = kWakeColumns,
                                    .claimable = true};
constinit const TableSpec kQueues = written_by_statements("queues");
constinit const TableSpec kWorkers = written_by_statements("workers");
constinit const TableSpec kMaintenance = written_by_statements("maintenance");
constinit const TableSpec kRetention = written_by_statements("retention");
constinit const TableSpec kGrants = written_by_statements("grants");
constinit const TableSpec kWorkflows = written_by_statements("workflows");
constinit const TableSpec kRuns = written_by_statements("runs");
constinit const TableSpec kSteps = written_by_statements("steps");
constinit const TableSpec kSignals = written_by_statements("signals");
constinit const TableSpec kEvents = written_by_statements("events");
constinit const TableSpec kWaits = written_by_statements("waits");
constinit const TableSpec kRunValues = written_by_statements("run_values");
constinit const TableSpec kRunRequests = written_by_statements("run_requests");
constinit const TableSpec kKeys = written_by_statements("keys");

}  // namespace pgqrs::engine
