// What happens, for those who look for the cause of something: lines with time and level, on stderr or in a file.
// Nothing that is logged may hold a password or a payload.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace pgqrs::cli {

class Log {
public:
    enum class Level { error, warn, info, debug, trace };

    // destination: "stderr", or the path of a file, which is appended to. Raises Failure when it cannot be opened.
    Log(const std::string& destination, Level level);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // From any thread. A log that cannot be written does not stop the work.
    void write(Level level, std::string_view message) noexcept;
    void warn(std::string_view message) noexcept { write(Level::warn, message); }
    void info(std::string_view message) noexcept { write(Level::info, message); }
    void debug(std::string_view message) noexcept { write(Level::debug, message); }
    void trace(std::string_view message) noexcept { write(Level::trace, message); }

    bool wants(Level level) const noexcept { return level <= level_; }
    bool to_file() const noexcept { return owned_; }

private:
    int descriptor_;
    bool owned_ = false;
    Level level_;
    std::mutex mutex_;
};

}  // namespace pgqrs::cli
