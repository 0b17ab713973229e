// Lines of a file or of stdin.
#include "cli/sending/line_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/failure.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::int64_t kLongestPoll = 3'600'000;

[[noreturn]] void fail(const std::string& path, int error) {
    throw Failure(Exit::failed, "cannot read " + (path == "-" ? "stdin" : quote_argument(path)) +
                                    ": " + std::strerror(error));
}

}  // namespace

LineReader::LineReader(const std::string& path, std::size_t limit, const Stop& stop)
    : path_(path),
      limit_(limit),
      stop_(stop),
      file_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
      buffer_(kBuffer) {
    struct stat status {};
    if (file_ < 0 || ::fstat(file_, &status) != 0) {
        fail(path_, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        ::close(file_);
        fail(path_, EISDIR);
    }
}

LineReader::~LineReader() {
    if (file_ != STDIN_FILENO) {
        ::close(file_);
    }
}

std::optional<std::int64_t> LineReader::size() const {
    struct stat status {};
    if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
        return std::nullopt;
    }
    return status.st_size;
}

// Nothing: there is something to read.
std::optional<LineReader::Got> LineReader::await_input(std::optional<Duration> patience) const {
    const auto milliseconds =
        patience ? std::chrono::ceil<std::chrono::milliseconds>(*patience).count() : -1;
    pollfd entries[] = {
        {file_, POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}, {giving_up_.descriptor(), POLLIN, 0}};
    for (;;) {
        const int ready =
            ::poll(entries, 3, static_cast<int>(std::min(milliseconds, kLongestPoll)));
        if (stop_.requested() || giving_up_.requested()) {
            return Got::stopped;
        }
        if (ready == 0) {
            return Got::pause;
        }
        if (ready > 0) {
            return std::nullopt;
        }
        if (errno != EINTR) {
            fail(path_, errno);
        }
    }
}

// Reads more; nothing: there is more.
std::optional<LineReader::Got> LineReader::fill(std::optional<Duration> patience) {
    if (const auto got = await_input(patience)) {
        return got;
    }
    const auto got = ::read(file_, buffer_.data(), buffer_.size());
    if (got < 0) {
        fail(path_, errno);
    }
    bytes_ += got;
    unread_ = std::string_view(buffer_.data(), static_cast<std::size_t>(got));
    return got == 0 ? std::optional(Got::end) : std::nullopt;
}

LineReader::Got LineReader::finish(std::string& line) {
    ++number_;
    line = std::exchange(partial_, {});
    if (number_ == 1 && line.starts_with(kByteOrderMark)) {
        line.erase(0, kByteOrderMark.size());
    }
    // Room for what does not count.
    if (line.size() > limit_ + (line.ends_with('\r') ? 1 : 0)) {
        return Got::too_long;
    }
    if (line.ends_with('\r')) {
        line.pop_back();
    }
    return Got::line;
}

LineReader::Got LineReader::next(std::string& line, std::optional<Duration> patience) {
    for (;;) {
        // A line that ends here, or more of it than can be good.
        const auto end = unread_.find('\n');
        const auto room = limit_ + kByteOrderMark.size() + 2 - partial_.size();
        const auto length = std::min({end, unread_.size(), room});
        partial_ += unread_.substr(0, length);
        unread_.remove_prefix(length);
        if (length == room) {
            finish(line);
            return Got::too_long;
        }
        if (end == length) {
            const auto got = finish(line);
            unread_.remove_prefix(got == Got::line ? 1 : 0);
            return got;
        }
        if (const auto got = fill(patience)) {
            return *got == Got::end && !partial_.empty() ? finish(line) : *got;
        }
    }
}

bool LineReader::rest(const std::function<void(std::string_view)>& take) {
    for (;;) {
        const auto end = unread_.find('\n');
        take(unread_.substr(0, end));
        if (end != std::string_view::npos) {
            unread_.remove_prefix(end + 1);
            return true;
        }
        unread_ = {};
        if (const auto got = fill(std::nullopt)) {
            return *got == Got::end;
        }
    }
}

}  // namespace pgqrs::cli
