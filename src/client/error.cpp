#include "pgqrs/client/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

#include "core/sqlstate.hpp"

namespace pgqrs {
namespace {

using core::SqlState;

// A state that has no name yet is a warning here.
constexpr ErrorCode public_name(SqlState state) {
    switch (state) {
        case SqlState::lease_lost:
            return ErrorCode::lease_lost;
        case SqlState::queue_not_found:
            return ErrorCode::queue_not_found;
        case SqlState::queue_exists:
            return ErrorCode::queue_exists;
        case SqlState::invalid_name:
            return ErrorCode::invalid_name;
        case SqlState::payload_rejected:
            return ErrorCode::payload_rejected;
        case SqlState::rate_limited:
            return ErrorCode::rate_limited;
        case SqlState::queue_paused:
            return ErrorCode::queue_paused;
        case SqlState::worker_not_found:
            return ErrorCode::worker_not_found;
        case SqlState::limit_exceeded:
            return ErrorCode::limit_exceeded;
        case SqlState::invalid_argument:
            return ErrorCode::invalid_argument;
        case SqlState::queue_not_empty:
            return ErrorCode::queue_not_empty;
        case SqlState::queue_full:
            return ErrorCode::queue_full;
        case SqlState::duplicate:
            return ErrorCode::duplicate;
        case SqlState::worker_state:
            return ErrorCode::worker_state;
        case SqlState::workflow_not_found:
            return ErrorCode::workflow_not_found;
        case SqlState::workflow_exists:
            return ErrorCode::workflow_exists;
        case SqlState::run_not_found:
            return ErrorCode::run_not_found;
        case SqlState::step_mismatch:
            return ErrorCode::step_mismatch;
        case SqlState::step_recorded:
            return ErrorCode::step_recorded;
        case SqlState::step_in_doubt:
            return ErrorCode::step_in_doubt;
        case SqlState::key_mismatch:
            return ErrorCode::key_mismatch;
        case SqlState::run_cancelled:
            return ErrorCode::run_cancelled;
        case SqlState::wrong_queue:
            return ErrorCode::wrong_queue;
        case SqlState::steps_open:
            return ErrorCode::steps_open;
        case SqlState::step_failed:
            return ErrorCode::step_failed;
    }
    return ErrorCode{};
}

constexpr int number_of(std::string_view code) {
    int number = 0;
    for (const char digit : code.substr(2)) {
        number = number * 10 + (digit - '0');
    }
    return number;
}

static_assert(std::all_of(core::kSqlStates.begin(), core::kSqlStates.end(),
                          [](const auto& entry) {
                              return static_cast<int>(public_name(entry.state)) ==
                                     number_of(entry.code);
                          }),
              "the number of an ErrorCode is that of its SQLSTATE");

// The connection was lost before; it stays so until it is opened again.
constexpr std::string_view kLostBefore = "08003";  // connection_does_not_exist

// States after which the same transaction can succeed when it is repeated. Class 08 is about connections.
constexpr std::array kRetryable = {
    std::string_view{"40001"},  // serialization_failure
    std::string_view{"40P01"},  // deadlock_detected
    std::string_view{"55P03"},  // lock_not_available
    std::string_view{"53300"},  // too_many_connections
    std::string_view{"57P01"},  // admin_shutdown
    std::string_view{"57P02"},  // crash_shutdown
    std::string_view{"57P03"},  // cannot_connect_now
    std::string_view{"PQ006"},  // rate_limited, after retry_after()
};

}  // namespace

Error::Error(Parts parts) : std::runtime_error(parts.message), parts_(std::move(parts)) {}

std::optional<ErrorCode> Error::code() const noexcept {
    for (const auto& entry : core::kSqlStates) {
        if (entry.code == parts_.sqlstate) {
            return public_name(entry.state);
        }
    }
    return std::nullopt;
}

bool Error::retryable() const noexcept {
    if (parts_.in_doubt || parts_.sqlstate == kLostBefore) {
        return false;
    }
    return parts_.connection_lost || parts_.sqlstate.starts_with("08") ||
           std::find(kRetryable.begin(), kRetryable.end(), parts_.sqlstate) != kRetryable.end();
}

std::optional<Duration> Error::retry_after() const noexcept {
    constexpr std::string_view kBefore = "Retry in ";
    constexpr std::string_view kBehind = " ms.";
    const std::string_view text = parts_.detail;
    if (parts_.sqlstate != core::code_of(SqlState::rate_limited) || !text.starts_with(kBefore)) {
        return std::nullopt;
    }
    std::int64_t milliseconds = 0;
    const char* const end = text.data() + text.size();
    const auto [behind, fault] = std::from_chars(text.data() + kBefore.size(), end, milliseconds);
    if (fault != std::errc() || !std::string_view(behind, end).starts_with(kBehind)) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(milliseconds);
}

StepFailed::StepFailed(std::string step, std::string error)
    : Error(Parts{"", std::move(error)}), step_(std::move(step)) {}

PermanentFailure::PermanentFailure(std::string message) : Error(Parts{"", std::move(message)}) {}

ConfigError::ConfigError(std::string source, std::string key, std::string reason, std::string hint)
    : Error(Parts{"", source + ": " + key + " " + reason, "", std::move(hint)}),
      source_(std::move(source)),
      key_(std::move(key)) {}

Stopped::Stopped() : Error(Parts{"57014", "stopped"}) {}

}  // namespace pgqrs
