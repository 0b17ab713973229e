// SQL functions of sql/parts/65_failure.sql.
#include "queue/failure.hpp"

#include <array>

#include "fn/deliveries.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "queue/cancel.hpp"
#include "queue/history.hpp"

using namespace pgqrs;

namespace {

constexpr std::array<const char*, 4> kFailureResults = {"retrying", "dead", "cancelled", "lost"};
constexpr std::array<const char*, 3> kCancelResults = {"cancelled", "requested", "not_found"};

template <std::size_t count, class Result>
pg::Value label(const char* type, const std::array<const char*, count>& labels, Result result) {
    return pg::enum_value(engine::kSchema, type, labels[static_cast<std::size_t>(result)]);
}

Datum answer(pg::Call& call, const std::vector<engine::Delivery>& all,
             const std::vector<queue::FailedMessage>& failed) {
    auto sink = call.rows_result();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const queue::FailedMessage& message = failed[i];
        sink.put({pg::int8(all[i].id), label("failure_result", kFailureResults, message.result),
                  message.result == queue::FailureResult::lost ? pg::null_of(INT2OID)
                                                               : pg::int2(message.attempt),
                  message.result == queue::FailureResult::retrying
                      ? pg::timestamptz(message.available_at)
                      : pg::null_of(TIMESTAMPTZOID)});
    }
    return sink.done();
}

}  // namespace

PGQRS_FUNCTION(pgqrs_fail) {
    const std::vector<engine::Delivery> one{fn::delivery(call, 3)};
    const std::string_view error = call.text(2, "error");
    const queue::FailureTerms terms{
        .errors = {&error, 1}, .retry = call.boolean_or(4, true), .delay = call.optional_span(5)};
    return answer(call, one, queue::fail_batch(call.text(0, "queue"), one, terms));
}

PGQRS_FUNCTION(pgqrs_fail_batch) {
    const auto all = fn::deliveries(call, 3);
    const auto errors = call.text_array(2, "errors");
    const queue::FailureTerms terms{
        .errors = errors, .retry = call.boolean_or(4, true), .delay = call.optional_span(5)};
    return answer(call, all, queue::fail_batch(call.text(0, "queue"), all, terms));
}

PGQRS_FUNCTION(pgqrs_list_failures) {
    auto sink = call.rows_result();
    queue::list_failures(call.text(0, "queue"), call.int8(1, "id"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_cancel) {
    const auto ids = call.int8_array(1, "ids");
    const auto results = queue::cancel(call.text(0, "queue"), ids);
    auto sink = call.rows_result();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        sink.put({pg::int8(ids[i]), label("cancel_result", kCancelResults, results[i])});
    }
    return sink.done();
}
