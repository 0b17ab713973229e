#include "json_values.hpp"

#include <nlohmann/json.hpp>

#include "pgqrs/client/error.hpp"

namespace pgqrs {
namespace {

bool deeper_than(const nlohmann::json& value, std::size_t levels) {
    if (!value.is_structured()) {
        return levels == 0;
    }
    if (levels == 0) {
        return true;
    }
    for (const auto& member : value) {
        if (deeper_than(member, levels - 1)) {
            return true;
        }
    }
    return false;
}

}  // namespace

void check_depth(const nlohmann::json& value, const std::string& subject) {
    if (deeper_than(value, kDeepestJson)) {
        throw InvalidArgument(Error::Parts{"PQ005", subject + " is nested deeper than " +
                                                        std::to_string(kDeepestJson) + " levels"});
    }
}

std::string json_text(const nlohmann::json& value, const std::string& subject) {
    check_depth(value, subject);
    try {
        return value.dump();
    } catch (const nlohmann::json::exception& error) {
        throw InvalidArgument(Error::Parts{"PQ005", subject + " is not valid UTF-8", error.what()});
    }
}

}  // namespace pgqrs
