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
constinit const TableSpec kQueues = {
    .schema = kSchema, .name = "queues", .sequence = nullptr, .columns = {}, .claimable = false};
constinit const TableSpec kRetention = {
    .schema = kSchema, .name = "retention", .sequence = nullptr, .columns = {}, .claimable = false};
constinit const TableSpec kMaintenance = {.schema = kSchema,
                                          .name = "maintenance",
                                          .sequence = nullptr,
                                          .columns = {},
                                          .claimable = false};
constinit const TableSpec kWorkers = {
    .schema = kSchema, .name = "workers", .sequence = nullptr, .columns = {}, .claimable = false};
constinit const TableSpec kGrants = {
    .schema = kSchema, .name = "grants", .sequence = nullptr, .columns = {}, .claimable = false};

}  // namespace pgqrs::engine
