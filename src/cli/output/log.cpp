// The log.
#include "cli/output/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "cli/failure.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/time.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"error", "warn ", "info ", "debug", "trace"};

std::string line_of(Log::Level level, std::string_view message) {
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    return to_iso8601(now) + " " + std::string(kNames[static_cast<std::size_t>(level)]) + " " +
           printable(message) + "\n";
}

}  // namespace

Log::Log(const std::string& destination, Level level) : descriptor_(STDERR_FILENO), level_(level) {
    if (destination == "stderr") {
        return;
    }
    descriptor_ = ::open(destination.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
        throw Failure(Exit::failed, "cannot open the log file " + quote_argument(destination) +
                                        ": " + std::strerror(errno));
    }
    owned_ = true;
}

Log::~Log() {
    if (owned_) {
        ::close(descriptor_);
    }
}

void Log::write(Level level, std::string_view message) noexcept {
    if (!wants(level)) {
        return;
    }
    try {
        const std::string line = line_of(level, message);
        const std::lock_guard lock(mutex_);
        // In one call, so that lines of several processes do not mix.
        (void)!::write(descriptor_, line.data(), line.size());
    } catch (const std::exception&) {
        // Out of memory: the line is lost.
    }
}

}  // namespace pgqrs::cli
