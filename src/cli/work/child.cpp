// A shell command in a process group of its own. Starting it is in spawn.cpp.
#include "cli/work/child.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/work/spawn.hpp"

namespace pgqrs::cli {
namespace {

// How often to look where the system cannot tell that a process has ended.
constexpr Duration kLook = std::chrono::milliseconds(20);

int descriptor_of([[maybe_unused]] pid_t pid) {
#ifdef SYS_pidfd_open
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
#else
    return -1;
#endif
}

}  // namespace

Child::Child(const std::string& command, std::string_view input,
             const std::vector<std::string>& environment)
    : pid_(spawn_shell(command, input, environment)), descriptor_(descriptor_of(pid_)) {}

Child::~Child() {
    if (!ended_) {
        signal_group(SIGKILL);
        reap(0);
    }
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

bool Child::reap(int flags) noexcept {
    int status = 0;
    pid_t got = 0;
    do {
        got = ::waitpid(pid_, &status, flags);
    } while (got < 0 && errno == EINTR);
    if (got == pid_) {
        ended_ = true;
        status_ = status;
    }
    return ended_;
}

bool Child::wait_for(Duration time, const Stop& wake) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!reap(WNOHANG) && !wake.requested()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            break;
        }
        const auto pause = descriptor_ < 0 ? std::min<Duration>(left, kLook) : Duration(left);
        pollfd entries[] = {{descriptor_, POLLIN, 0}, {wake.descriptor(), POLLIN, 0}};
        ::poll(entries, 2,
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(pause).count()));
    }
    return ended_;
}

void Child::signal_group(int number) noexcept { ::kill(-pid_, number); }

// Dead ones that nobody has waited for count as alive. Where we are process 1 of a container, that is our duty.
bool Child::group_lives() const noexcept {
    while (::waitpid(-pid_, nullptr, WNOHANG) > 0) {
    }
    return ::kill(-pid_, 0) == 0;
}

bool Child::exited() const noexcept { return WIFEXITED(status_); }

int Child::exit_code() const noexcept { return WEXITSTATUS(status_); }

std::string Child::how_it_ended() const {
    if (exited()) {
        return "exit code " + std::to_string(exit_code());
    }
    const int number = WTERMSIG(status_);
    return "killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
}

}  // namespace pgqrs::cli
