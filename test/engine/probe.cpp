// SQL functions over the engine for tables that are not those of pgqrs: one without queues and priorities and with
// names of its own, and one whose rows are in queues. The functions take the name of such a table first, and its queue
// where it has queues (0 where it has none).
#include <array>

#include "engine/append.hpp"
#include "engine/change.hpp"
#include "engine/claim.hpp"
#include "engine/clock.hpp"
#include "engine/ddl_watch.hpp"
#include "engine/journal.hpp"
#include "engine/row_trigger.hpp"
#include "engine/slots.hpp"
#include "pg/boundary.hpp"
#include "pg/shared_memory.hpp"

using namespace pgqrs;

namespace {

using Place = engine::MessageColumn;

constexpr std::array<engine::Column, Place::count> job_columns() {
    std::array<engine::Column, Place::count> columns{};
    columns[Place::id] = {"job", INT8OID};
    columns[Place::available_at] = {"due", TIMESTAMPTZOID};
    columns[Place::read_ct] = {"tries", INT4OID};
    columns[Place::vt] = {"locked_until", TIMESTAMPTZOID};
    columns[Place::payload] = {"body", JSONBOID};
    return columns;
}

constexpr std::array<engine::Column, Place::count> letter_columns() {
    auto columns = job_columns();
    columns[Place::id] = {"number", INT8OID};
    columns[Place::queue_id] = {"box", INT4OID};
    columns[Place::delivered_at] = {"taken_at", TIMESTAMPTZOID};
    return columns;
}

constexpr auto kJobColumns = job_columns();
constexpr auto kLetterColumns = letter_columns();

constexpr engine::TableSpec kJobs = {.schema = "other",
                                     .name = "jobs",
                                     .sequence = "jobs_job_seq",
                                     .columns = kJobColumns,
                                     .claimable = true,
                                     .sole_queue = 1,
                                     .journal_trigger = "probe_jobs_changed"};
constexpr engine::TableSpec kLetters = {.schema = "other",
                                        .name = "letters",
                                        .sequence = "letters_number_seq",
                                        .columns = kLetterColumns,
                                        .claimable = true,
                                        .journal_trigger = "probe_letters_changed"};

const engine::TableSpec& spec_of(std::string_view name) {
    return name == kJobs.name ? kJobs : kLetters;
}

struct Held {
    Held(pg::Call& call, engine::Purpose purpose)
        : spec(spec_of(call.text(0, "relation"))),
          table(engine::hold_table(spec, purpose)),
          queue(spec.sole_queue != 0 ? spec.sole_queue
                                     : static_cast<std::int32_t>(call.int8(1, "queue"))),
          marks(engine::marks_of(table.relation, queue)) {}

    const engine::TableSpec& spec;
    engine::Table table;
    std::int32_t queue;
    engine::QueueMarks& marks;
};

engine::RowKey key_of(pg::Call& call) {
    const auto read_ct = call.optional_int8(3);
    return {call.int8(2, "id"),
            read_ct ? std::optional(static_cast<std::int32_t>(*read_ct)) : std::nullopt};
}

constexpr std::array<engine::ResultColumn, 3> kRow = {
    {{Place::id, INT8OID}, {Place::payload, JSONBOID}, {Place::read_ct, INT4OID}}};

Datum claim(pg::Call& call, engine::Take take) {
    const Held held(call,
                    take == engine::Take::show ? engine::Purpose::look : engine::Purpose::write);
    auto sink = call.rows_result();
    engine::Claim wanted{.take = take,
                         .queue_id = held.queue,
                         .queue = "probe",
                         .quantity = call.int8(2, "qty"),
                         .rule = {.max_deliveries = 3}};
    wanted.lease = call.interval(3, "lease");
    engine::claim(held.table, held.marks, wanted, kRow, &sink);
    return sink.done();
}

}  // namespace

extern "C" {
PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init() {
    pg::enter_without_arguments([] {
        if (pg::is_preloading()) {
            engine::request_shared_memory();
        }
        engine::open_journal();
    });
}
}

PGQRS_FUNCTION(probe_append) {
    const Held held(call, engine::Purpose::write);
    const auto payloads = call.json_array(2, "bodies");
    const core::Instant due = engine::clock_now() + call.interval(3, "delay");
    std::vector<std::int64_t> ids(payloads.size());
    engine::take_ids(held.table, ids);
    const auto put = [&](std::size_t row, pg::Value* cells) {
        cells[Place::id] = pg::int8(ids[row]);
        cells[Place::available_at] = pg::timestamptz(due);
        cells[Place::read_ct] = pg::int4(0);
        cells[Place::queue_id] = pg::int4(held.queue);
        cells[Place::payload] = payloads[row]->value();
    };
    engine::append_messages(held.table, engine::row_source(ids.size(), put));
    return call.int8_result(ids.back());
}

PGQRS_FUNCTION(probe_lease) { return claim(call, engine::Take::lease); }

PGQRS_FUNCTION(probe_pop) { return claim(call, engine::Take::remove); }

PGQRS_FUNCTION(probe_show) { return claim(call, engine::Take::show); }

PGQRS_FUNCTION(probe_finish) {
    const Held held(call, engine::Purpose::write);
    const engine::RowKey key = key_of(call);
    return call.boolean_result(
        engine::remove_rows({held.table, held.marks, {&key, 1}}, true).count() == 1);
}

PGQRS_FUNCTION(probe_release) {
    const Held held(call, engine::Purpose::write);
    const engine::RowKey key = key_of(call);
    const auto release = [](const core::Message&, pg::Value* cells) {
        cells[Place::vt] = pg::null_of(TIMESTAMPTZOID);
        return true;
    };
    return call.boolean_result(
        engine::change_rows({held.table, held.marks, {&key, 1}},
                            engine::row_edit(engine::places(Place::vt), release))
            .size() == 1);
}

// A trigger of either table.
PGQRS_FUNCTION(probe_jobs_changed) {
    const pg::Trigger trigger = call.trigger();
    engine::note_message_row(kJobs, trigger);
    return trigger.result();
}

PGQRS_FUNCTION(probe_letters_changed) {
    const pg::Trigger trigger = call.trigger();
    engine::note_message_row(kLetters, trigger);
    return trigger.result();
}
