// How far a long command is: one line on stderr that is written over, when that is a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace pgqrs::cli {

class Progress {
public:
    // what: "sent". Shows nothing unless wanted.
    Progress(std::string what, bool wanted);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // From time to time. done and total: of anything; without a total there is no per cent.
    void update(std::int64_t count, std::int64_t done, std::optional<std::int64_t> total);
    // Takes the line away, so that another can be written.
    void clear() noexcept;

private:
    using Clock = std::chrono::steady_clock;

    std::string what_;
    bool wanted_;
    bool shown_ = false;
    Clock::time_point started_ = Clock::now();
    Clock::time_point updated_{};
};

// "1,234,567"
std::string with_commas(std::int64_t number);

}  // namespace pgqrs::cli
