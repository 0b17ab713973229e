// Exit codes of errors.
#include "cli/exit.hpp"

#include <optional>
#include <string_view>

namespace pgqrs::cli {
namespace {

Exit exit_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::lease_lost:
            return Exit::lease_lost;
        case ErrorCode::queue_not_found:
        case ErrorCode::worker_not_found:
        case ErrorCode::workflow_not_found:
        case ErrorCode::run_not_found:
            return Exit::not_found;
        case ErrorCode::queue_exists:
        case ErrorCode::invalid_name:
        case ErrorCode::payload_rejected:
        case ErrorCode::rate_limited:
        case ErrorCode::queue_paused:
        case ErrorCode::limit_exceeded:
        case ErrorCode::invalid_argument:
        case ErrorCode::queue_not_empty:
        case ErrorCode::queue_full:
        case ErrorCode::duplicate:
        case ErrorCode::worker_state:
        case ErrorCode::workflow_exists:
        case ErrorCode::step_mismatch:
        case ErrorCode::step_recorded:
        case ErrorCode::step_in_doubt:
        case ErrorCode::key_mismatch:
        case ErrorCode::run_cancelled:
        case ErrorCode::wrong_queue:
        case ErrorCode::steps_open:
        case ErrorCode::step_failed:
            return Exit::rejected;
    }
    return Exit::failed;
}

// PostgreSQL's own: class 22 is data it cannot take, such as \u0000 in a payload; class 54 too
// much of it, such as too deep a payload; class 08 a broken connection.
Exit exit_of_postgres(std::string_view sqlstate) {
    if (sqlstate.starts_with("22") || sqlstate.starts_with("54")) {
        return Exit::rejected;
    }
    return sqlstate.starts_with("08") ? Exit::connection : Exit::failed;
}

}  // namespace

Exit exit_of(const Error& error) {
    if (dynamic_cast<const Stopped*>(&error)) {
        return Exit::interrupted;
    }
    if (dynamic_cast<const ConfigError*>(&error)) {
        return Exit::usage;
    }
    if (dynamic_cast<const ConnectionError*>(&error) || error.connection_lost()) {
        return Exit::connection;
    }
    const auto code = error.code();
    return code ? exit_of(*code) : exit_of_postgres(error.sqlstate());
}

}  // namespace pgqrs::cli
