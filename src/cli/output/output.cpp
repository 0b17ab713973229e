// Writing results, to a file all or nothing.
#include "cli/output/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "cli/failure.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

constexpr const char* kStdout = "stdout";

// The file a link leads to, so that the link stays when the file is replaced.
std::string resolved(const std::string& path) {
    char* real = ::realpath(path.c_str(), nullptr);
    if (!real) {
        return path;
    }
    std::string result = real;
    std::free(real);
    return result;
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Output::Output(std::string target) : target_(std::move(target)) {
    if (target_ == kStdout || target_ == "-") {
        target_ = kStdout;
        return;
    }
    target_ = resolved(target_);
    struct stat status {};
    const bool there = ::stat(target_.c_str(), &status) == 0;
    if (there && S_ISDIR(status.st_mode)) {
        fail(EISDIR);
    }
    if (::access(there ? target_.c_str() : folder_of(target_).c_str(), W_OK) != 0) {
        fail(errno);
    }
}

Output::~Output() {
    if (file_ >= 0) {
        ::close(file_);
    }
    if (!temporary_.empty() && !finished_) {
        ::unlink(temporary_.c_str());
    }
}

int Output::descriptor() const noexcept { return target_ == kStdout ? STDOUT_FILENO : -1; }

void Output::open() {
    opened_ = true;
    struct stat status {};
    if (target_ == kStdout) {
        may_wait_ = ::fstat(STDOUT_FILENO, &status) == 0 && !S_ISREG(status.st_mode);
        return;
    }
    const bool there = ::stat(target_.c_str(), &status) == 0;
    if (there && !S_ISREG(status.st_mode)) {
        file_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
        may_wait_ = true;
    } else {
        temporary_ = target_ + ".pgqrs-" + std::to_string(::getpid());
        file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file_ >= 0 && there) {
            (void)::fchmod(file_, status.st_mode & 07777);
        }
    }
    if (file_ < 0) {
        temporary_.clear();
        fail(errno);
    }
}

void Output::write(std::string_view text) {
    if (!opened_) {
        open();
    }
    const int descriptor = file_ >= 0 ? file_ : STDOUT_FILENO;
    const bool stoppable = may_wait_ && stop_;
    while (!text.empty()) {
        if (stoppable) {
            await_reader(descriptor);
        }
        // A pipe that has room takes this much at once.
        const auto size = stoppable ? std::min<std::size_t>(text.size(), PIPE_BUF) : text.size();
        const auto written = ::write(descriptor, text.data(), size);
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            fail(errno);
        }
    }
}

void Output::await_reader(int descriptor) const {
    for (;;) {
        pollfd entries[] = {{descriptor, POLLOUT, 0}, {stop_->descriptor(), POLLIN, 0}};
        const int ready = ::poll(entries, 2, -1);
        if (entries[0].revents != 0 || (ready < 0 && errno != EINTR)) {
            return;  // write() tells what is wrong
        }
        if (ready > 0) {
            throw Stopped();
        }
    }
}

void Output::finish() {
    if (finished_) {
        return;
    }
    if (!opened_) {
        open();
    }
    if (file_ >= 0) {
        // The name must not lead to a file whose content a crash can still take away.
        const bool synced = temporary_.empty() || ::fsync(file_) == 0;
        const int error = errno;
        const bool closed = ::close(std::exchange(file_, -1)) == 0;
        if (!synced || !closed) {
            fail(synced ? errno : error);
        }
        if (!temporary_.empty() && ::rename(temporary_.c_str(), target_.c_str()) != 0) {
            fail(errno);
        }
    }
    finished_ = true;
}

void Output::fail(int error) const {
    if (error == EPIPE) {
        throw ReaderGone();
    }
    throw Failure(Exit::failed, "cannot write to " +
                                    (target_ == kStdout ? target_ : quote_argument(target_)) +
                                    ": " + std::strerror(error));
}

}  // namespace pgqrs::cli
