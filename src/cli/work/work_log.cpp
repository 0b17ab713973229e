// What `pgqrs work` logs.
#include "cli/work/work_log.hpp"

#include "cli/output/table.hpp"

namespace pgqrs::cli {

std::string seconds_text(Duration duration) {
    const auto rounded = std::chrono::round<std::chrono::milliseconds>(duration);
    return seconds_value(rounded).text + " s";
}

namespace {

std::string what_next(const WorkEvent& event) {
    return event.result == FailureResult::retrying
               ? "again in " + seconds_text(event.delay)
               : std::string("it is ") + to_string(event.result);
}

}  // namespace

// " after 1.25 s"; forgets when it began.
std::string WorkLog::after(const Message& message) {
    const auto found = started_.find(&message);
    if (found == started_.end()) {
        return {};
    }
    const auto took = std::chrono::round<Duration>(Clock::now() - found->second);
    started_.erase(found);
    return " after " + seconds_text(took);
}

void WorkLog::operator()(const WorkEvent& event) {
    using Kind = WorkEvent::Kind;
    if (event.kind == Kind::connection_lost) {
        log_.warn("connection lost: " + event.error + "; trying again in " +
                  seconds_text(event.delay));
        return;
    }
    if (event.kind == Kind::connection_back) {
        log_.warn("connected again");
        return;
    }
    const std::string message = "message " + std::to_string(event.message->id) + " (delivery " +
                                std::to_string(event.message->read_ct) + ") ";
    if (event.kind == Kind::started) {
        started_[event.message] = Clock::now();
        log_.debug(message + "started");
        return;
    }
    const std::string end = after(*event.message);
    const std::string error = event.error.empty() ? "" : ": " + event.error;
    switch (event.kind) {
        case Kind::archived:
            log_.info(message + "archived" + end);
            break;
        case Kind::removed:
            log_.info(message + "deleted" + end);
            break;
        case Kind::released:
            log_.info(message + "released" + end + ", again in " + seconds_text(event.delay));
            break;
        case Kind::failed:
            // The other lines of the error were on stderr already.
            log_.warn(message + "failed" + end + error.substr(0, error.find('\n')) + "; " +
                      what_next(event));
            break;
        default:
            log_.warn(message + "lost its lease" + end + error);
    }
}

}  // namespace pgqrs::cli
