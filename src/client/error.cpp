// See error.hpp.
#include "pgqrs/client/error.hpp"

#include <algorithm>
#include <array>

namespace pgqrs {
namespace {

// States after which the same transaction can succeed when it is repeated. Class 08 is about connections.
constexpr std::array kRetryable = {
    std::string_view{"40001"},  // serialization_failure
    std::string_view{"40P01"},  // deadlock_detected
    std::string_view{"55P03"},  // lock_not_available
    std::string_view{"53300"},  // too_many_connections
    std::string_view{"57P01"},  // admin_shutdown
    std::string_view{"57P02"},  // crash_shutdown
    std::string_view{"57P03"},  // cannot_connect_now
};

}  // namespace

Error::Error(Parts parts) : std::runtime_error(parts.message), parts_(std::move(parts)) {}

std::optional<core::SqlState> Error::state() const noexcept {
    for (const auto& entry : core::kSqlStates) {
        if (entry.code == parts_.sqlstate) {
            return entry.state;
        }
    }
    return std::nullopt;
}

bool Error::retryable() const noexcept {
    if (parts_.in_doubt) {
        return false;
    }
    return parts_.connection_lost || parts_.sqlstate.starts_with("08") ||
           std::find(kRetryable.begin(), kRetryable.end(), parts_.sqlstate) != kRetryable.end();
}

ConfigError::ConfigError(std::string source, std::string key, std::string reason, std::string hint)
    : Error(Parts{"", source + ": " + key + " " + reason, "", std::move(hint)}),
      source_(std::move(source)),
      key_(std::move(key)) {}

Stopped::Stopped() : Error(Parts{"57014", "stopped"}) {}

}  // namespace pgqrs
