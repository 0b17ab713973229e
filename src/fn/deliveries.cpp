#include "fn/deliveries.hpp"

#include <string>
#include <utility>

#include "core/error.hpp"

namespace pgqrs::fn {
namespace {

// A read_ct for the engine. No message reaches a number beyond integer, and none has a negative one, so each fits no
// delivery.
std::int32_t fence(std::int64_t read_ct) {
    return std::in_range<std::int32_t>(read_ct) ? static_cast<std::int32_t>(read_ct) : -1;
}

}  // namespace

engine::Delivery delivery(pg::Call& call, int read_ct_index) {
    const auto read_ct = call.optional_int8(read_ct_index);
    return {call.int8(1, "id"), read_ct ? std::optional(fence(*read_ct)) : std::nullopt};
}

std::vector<engine::Delivery> deliveries(pg::Call& call, int read_cts_index) {
    return deliveries(call, call.int8_array(1, "ids"), read_cts_index);
}

std::vector<engine::Delivery> deliveries(pg::Call& call, const std::vector<std::int64_t>& ids,
                                         int read_cts_index) {
    std::vector<engine::Delivery> result;
    for (const std::int64_t id : ids) {
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

}  // namespace pgqrs::fn
