// The guard of running commands.
#include "cli/work/guard.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "cli/failure.hpp"

namespace pgqrs::cli {
namespace {

// What goes through the pipe: the group, negative when it leaves; 0 ends the guard. Small enough to arrive in one piece.
bool say(int pipe, pid_t word) noexcept {
    ssize_t written = 0;
    do {
        written = ::write(pipe, &word, sizeof word);
    } while (written < 0 && errno == EINTR);
    return written == sizeof word;
}

// Signals for the worker's group are not for the guard, and its descriptors must not keep a reader waiting.
void withdraw(int pipe) {
    ::setsid();
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        ::signal(number, SIG_IGN);
    }
    const long most = ::sysconf(_SC_OPEN_MAX);
    for (int descriptor = 0; descriptor < (most > 0 && most < 1024 ? most : 1024); ++descriptor) {
        if (descriptor != pipe) {
            ::close(descriptor);
        }
    }
}

[[noreturn]] void watch(int pipe) {
    withdraw(pipe);
    std::set<pid_t> groups;
    for (;;) {
        pid_t word = 0;
        const auto got = ::read(pipe, &word, sizeof word);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != sizeof word) {
            break;
        }
        if (word == 0) {
            ::_exit(0);
        }
        if (word > 0) {
            groups.insert(word);
        } else {
            groups.erase(-word);
        }
    }
    for (const pid_t group : groups) {
        ::kill(-group, SIGKILL);
    }
    ::_exit(0);
}

}  // namespace

Guard::Guard() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Failure(Exit::failed, std::string("cannot make a pipe: ") + std::strerror(errno));
    }
    process_ = ::fork();
    const int error = errno;
    if (process_ == 0) {
        ::close(ends[1]);
        watch(ends[0]);
    }
    ::close(ends[0]);
    pipe_ = ends[1];
    if (process_ < 0) {
        ::close(pipe_);
        throw Failure(Exit::failed, std::string("cannot start a process: ") + std::strerror(error));
    }
}

Guard::~Guard() {
    say(pipe_, 0);
    ::close(pipe_);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

bool Guard::enter() const noexcept { return say(pipe_, ::getpid()); }

void Guard::leave(pid_t group) const noexcept { say(pipe_, -group); }

}  // namespace pgqrs::cli
