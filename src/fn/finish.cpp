// SQL functions of sql/parts/60_finish.sql.
#include <string>
#include <utility>

#include "pg/boundary.hpp"
#include "queue/finish.hpp"

using namespace pgqrs;

namespace {

// A read_ct for the engine. No message reaches a number beyond integer, and none has a negative one, so each fits no
// delivery.
std::int32_t fence(std::int64_t read_ct) {
    return std::in_range<std::int32_t>(read_ct) ? static_cast<std::int32_t>(read_ct) : -1;
}

// From the arguments id (at place 1) and read_ct.
engine::Delivery delivery(pg::Call& call, int read_ct_index) {
    const auto read_ct = call.optional_int8(read_ct_index);
    return {call.int8(1, "id"), read_ct ? std::optional(fence(*read_ct)) : std::nullopt};
}

// From the arguments ids and, when not null, read_cts.
std::vector<engine::Delivery> deliveries(pg::Call& call, int ids_index, int read_cts_index) {
    std::vector<engine::Delivery> result;
    for (const auto id : call.int8_array(ids_index, "ids")) {
        result.push_back({id, std::nullopt});
    }
    if (call.is_null(read_cts_index)) {
        return result;
    }
    const auto read_cts = call.int8_array(read_cts_index, "read_cts");
    if (read_cts.size() != result.size()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "read_cts has " + std::to_string(read_cts.size()) + " elements for " +
                              std::to_string(result.size()) + " ids");
    }
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i].read_ct = fence(read_cts[i]);
    }
    return result;
}

Datum answer(pg::Call& call, const std::vector<engine::Delivery>& all,
             const std::vector<bool>& done) {
    auto sink = call.rows_result();
    for (std::size_t i = 0; i < all.size(); ++i) {
        sink.put({pg::int8(all[i].id), pg::boolean(done[i])});
    }
    return sink.done();
}

}  // namespace

PGQRS_FUNCTION(pgqrs_archive) {
    return call.boolean_result(queue::archive(call.text(0, "queue"), delivery(call, 2)));
}

PGQRS_FUNCTION(pgqrs_delete) {
    return call.boolean_result(queue::remove(call.text(0, "queue"), delivery(call, 2)));
}

PGQRS_FUNCTION(pgqrs_release) {
    return call.boolean_result(
        queue::release(call.text(0, "queue"), delivery(call, 3), call.interval_or(2, 0)));
}

PGQRS_FUNCTION(pgqrs_extend_visibility) {
    return call.boolean_result(
        queue::extend_visibility(call.text(0, "queue"), delivery(call, 3), call.interval(2, "by")));
}

PGQRS_FUNCTION(pgqrs_archive_batch) {
    const auto queue = call.text(0, "queue");
    const auto all = deliveries(call, 1, 2);
    return answer(call, all, queue::archive_batch(queue, all));
}

PGQRS_FUNCTION(pgqrs_delete_batch) {
    const auto queue = call.text(0, "queue");
    const auto all = deliveries(call, 1, 2);
    return answer(call, all, queue::remove_batch(queue, all));
}

PGQRS_FUNCTION(pgqrs_release_batch) {
    const auto queue = call.text(0, "queue");
    const auto all = deliveries(call, 1, 3);
    return answer(call, all, queue::release_batch(queue, all, call.interval_or(2, 0)));
}
