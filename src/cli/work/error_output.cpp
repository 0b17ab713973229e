// The stderr of a command, on its way to ours.
#include "cli/work/error_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <thread>

#include "cli/failure.hpp"
#include "cli/output/report.hpp"

namespace pgqrs::cli {
namespace {

// As much as a pipe that has room takes at once.
constexpr std::size_t kChunk = 4096;
// What a pipe holds: more comes from what the command left running.
constexpr int kChunksAtTheEnd = 17;
constexpr std::size_t kBytesKept = 4000;
constexpr int kLinesKept = 20;

pollfd room_on_stderr() {
    pollfd room{STDERR_FILENO, POLLOUT, 0};
    ::poll(&room, 1, 0);
    return room;
}

ssize_t read_some(int descriptor, std::array<char, kChunk>& buffer) {
    ssize_t got = 0;
    do {
        got = ::read(descriptor, buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    return got;
}

// Until the last process that has the other end has closed it.
void copy_the_rest(int descriptor) {
    std::array<char, kChunk> buffer{};
    pollfd more{descriptor, POLLIN, 0};
    for (;;) {
        const ssize_t got = read_some(descriptor, buffer);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            break;
        }
        if (got > 0) {
            write_to_stderr({buffer.data(), static_cast<std::size_t>(got)});
        } else {
            ::poll(&more, 1, -1);
        }
    }
    ::close(descriptor);
}

}  // namespace

ErrorOutput::ErrorOutput() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Failure(Exit::failed,
                      std::string("cannot start the command: ") + std::strerror(errno));
    }
    read_ = ends[0];
    write_ = ends[1];
    ::fcntl(read_, F_SETFL, O_NONBLOCK);
}

ErrorOutput::~ErrorOutput() {
    command_started();
    if (read_ < 0) {
        return;
    }
    try {
        std::thread(copy_the_rest, read_).detach();
    } catch (const std::system_error&) {
        ::close(read_);
    }
}

void ErrorOutput::command_started() noexcept {
    if (write_ >= 0) {
        ::close(write_);
        write_ = -1;
    }
}

pollfd ErrorOutput::awaited() const noexcept {
    const pollfd room = room_on_stderr();
    return read_ >= 0 && room.revents == 0 ? pollfd{room.fd, POLLOUT, 0} : pollfd{read_, POLLIN, 0};
}

void ErrorOutput::pass_on() {
    if (read_ >= 0 && room_on_stderr().revents != 0) {
        pass_on_once();
    }
}

void ErrorOutput::finish() {
    for (int chunk = 0; chunk < kChunksAtTheEnd && pass_on_once(); ++chunk) {
    }
}

// False: there is nothing more now.
bool ErrorOutput::pass_on_once() {
    std::array<char, kChunk> buffer{};
    const ssize_t got = read_ < 0 ? -1 : read_some(read_, buffer);
    if (got > 0) {
        const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
        write_to_stderr(text);
        last_ += text;
        last_.erase(0, last_.size() - std::min(last_.size(), kBytesKept));
        return true;
    }
    if (got == 0) {
        ::close(read_);
        read_ = -1;
    }
    return false;
}

std::string ErrorOutput::last_lines() const {
    const auto end = last_.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) {
        return {};
    }
    const std::string text = last_.substr(0, end + 1);
    std::size_t start = text.size();
    for (int line = 0; line < kLinesKept && start != std::string::npos; ++line) {
        start = start == 0 ? std::string::npos : text.rfind('\n', start - 1);
    }
    if (start != std::string::npos) {
        return text.substr(start + 1);
    }
    // The first line may have lost its beginning.
    const auto first_break = text.find('\n');
    return last_.size() < kBytesKept || first_break == std::string::npos
               ? text
               : text.substr(first_break + 1);
}

}  // namespace pgqrs::cli
