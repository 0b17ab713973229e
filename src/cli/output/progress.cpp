// A line that says how far a long command is.
#include "cli/output/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cli/output/report.hpp"
#include "cli/terminal/terminal.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::chrono::milliseconds kPause(100);

std::string clock_text(std::chrono::seconds time) {
    const auto seconds = std::to_string(100 + time.count() % 60).substr(1);
    return std::to_string(time.count() / 60) + ":" + seconds;
}

}  // namespace

std::string with_commas(std::int64_t number) {
    std::string text = std::to_string(number);
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    for (std::size_t at = text.size(); at > first + 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

Progress::Progress(std::string what, bool wanted)
    : what_(std::move(what)), wanted_(wanted && is_terminal(STDERR_FILENO)) {}

Progress::~Progress() { clear(); }

void Progress::update(std::int64_t count, std::int64_t done, std::optional<std::int64_t> total) {
    const auto now = Clock::now();
    if (!wanted_ || now - updated_ < kPause) {
        return;
    }
    updated_ = now;
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const auto rate =
        static_cast<std::int64_t>(static_cast<double>(count) / std::max(seconds, 0.001));
    std::string line;
    if (total && *total > 0) {
        const auto percent = std::min<std::int64_t>(100, done * 100 / *total);
        line = std::to_string(percent) + " %  ";
    }
    line += with_commas(count) + " " + what_ + "  " + with_commas(rate) + "/s  " +
            clock_text(std::chrono::duration_cast<std::chrono::seconds>(now - started_));
    const auto width = terminal_width(STDERR_FILENO).value_or(80);
    write_to_stderr("\r" + shorten(line, std::max<std::size_t>(width, 2) - 1) + "\033[K");
    shown_ = true;
}

void Progress::clear() noexcept {
    if (std::exchange(shown_, false)) {
        write_to_stderr("\r\033[K");
    }
}

}  // namespace pgqrs::cli
