// What `pgqrs work` logs: a line for each message, and for what happens to the connection.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "cli/output/log.hpp"
#include "pgqrs/client/work.hpp"

namespace pgqrs::cli {

// Used by one thread at a time.
class WorkLog {
public:
    explicit WorkLog(Log& log) : log_(log) {}
    void operator()(const WorkEvent& event);

private:
    using Clock = std::chrono::steady_clock;
    std::string after(const Message& message);

    Log& log_;
    std::map<const Message*, Clock::time_point> started_;
};

// "1.25 s"
std::string seconds_text(Duration duration);

}  // namespace pgqrs::cli
