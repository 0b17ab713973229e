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
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

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

// State and group of a process: "pid (name) state parent group ...", where the name can hold anything.
bool lives_in(const std::filesystem::path& process, pid_t group) {
    std::ifstream file(process / "stat");
    std::string text;
    std::getline(file, text, '\0');
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) {
        return false;
    }
    std::istringstream rest(text.substr(name_end + 1));
    char state = 0;
    pid_t parent = 0;
    pid_t of = 0;
    return rest >> state >> parent >> of && of == group && state != 'Z' && state != 'X';
}

// True where there is no /proc to ask.
bool any_alive(pid_t group) {
    std::error_code error;
    std::filesystem::directory_iterator entries("/proc", error);
    if (error || !std::filesystem::exists("/proc/self/stat", error)) {
        return true;
    }
    for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        const auto name = entries->path().filename().string();
        if (name.find_first_not_of("0123456789") == std::string::npos &&
            lives_in(entries->path(), group)) {
            return true;
        }
    }
    return false;
}

}  // namespace

Child::Child(const std::string& command, std::string_view input,
             const std::vector<std::string>& environment, const Guard& guard)
    : guard_(guard),
      pid_(spawn_shell(command, input, errors_.for_command(), environment, guard)),
      descriptor_(descriptor_of(pid_)) {
    errors_.command_started();
}

Child::~Child() {
    if (!ended_) {
        signal_group(SIGKILL);
        reap(0);
    }
    guard_.leave(pid_);
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
        pollfd entries[] = {
            {descriptor_, POLLIN, 0}, {wake.descriptor(), POLLIN, 0}, errors_.awaited()};
        ::poll(entries, 3,
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(pause).count()));
        errors_.pass_on();
    }
    if (ended_) {
        errors_.finish();
    }
    return ended_;
}

void Child::signal_group(int number) noexcept { ::kill(-pid_, number); }

// Dead ones that nobody has waited for count as alive for kill(). Where we are process 1 of a container, to wait for them is
// our duty; where that is a program that does not know, they stay for ever and only /proc tells.
bool Child::group_lives() const {
    while (::waitpid(-pid_, nullptr, WNOHANG) > 0) {
    }
    return ::kill(-pid_, 0) == 0 && any_alive(pid_);
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
