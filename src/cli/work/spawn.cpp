// Starting a shell. fork() and not posix_spawn(), because the child has to enter the guard before it becomes the command.
// All descriptors of ours but the standard ones close themselves.
#include "cli/work/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cli/failure.hpp"

extern "C" char** environ;

namespace pgqrs::cli {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
    throw Failure(Exit::failed, "cannot " + what + ": " + std::strerror(error));
}

// A file without a name, in memory where there is such a thing.
class NamelessFile {
public:
    explicit NamelessFile(std::string_view content) {
#ifdef MFD_CLOEXEC
        descriptor_ = ::memfd_create("pgqrs-payload", MFD_CLOEXEC);
#else
        file_.reset(std::tmpfile());
        descriptor_ = file_ ? ::fileno(file_.get()) : -1;
#endif
        while (descriptor_ >= 0 && !content.empty()) {
            const auto written = ::write(descriptor_, content.data(), content.size());
            if (written < 0 && errno != EINTR) {
                break;
            }
            content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
        }
        if (descriptor_ < 0 || !content.empty() || ::lseek(descriptor_, 0, SEEK_SET) != 0) {
            const int error = errno;
            close();
            fail("keep the payload for the command", error);
        }
    }
    ~NamelessFile() { close(); }
    NamelessFile(const NamelessFile&) = delete;
    NamelessFile& operator=(const NamelessFile&) = delete;
    int descriptor() const noexcept { return descriptor_; }

private:
    struct CloseFile {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    void close() noexcept {
        if (!file_ && descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    std::unique_ptr<std::FILE, CloseFile> file_;
    int descriptor_ = -1;
};

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

// Ours, where `added` does not replace it; ends with a null. Points into both.
std::vector<char*> environment_of(const std::vector<std::string>& added) {
    std::vector<char*> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        bool replaced = false;
        for (const auto& one : added) {
            replaced = replaced || name_of(one) == name_of(*variable);
        }
        if (!replaced) {
            variables.push_back(*variable);
        }
    }
    for (const auto& one : added) {
        variables.push_back(const_cast<char*>(one.c_str()));
    }
    variables.push_back(nullptr);
    return variables;
}

struct Call {
    const char* program;
    char* const* arguments;
    char* const* environment;
    int input;
    int error_output;
    int errors;  // gets errno when there is no command
};

// In the child, which has a copy of our memory but not our threads: nothing here may allocate or lock.
[[noreturn]] void become(const Call& call, const Guard& guard) {
    ::setpgid(0, 0);
    ::signal(SIGPIPE, SIG_DFL);  // which we ignore
    if (guard.enter() && ::dup2(call.input, STDIN_FILENO) >= 0 &&
        ::dup2(call.error_output, STDERR_FILENO) >= 0) {
        ::execve(call.program, call.arguments, call.environment);
    }
    const int error = errno;
    (void)!::write(call.errors, &error, sizeof error);
    ::_exit(127);
}

// What a child could not do, or 0 once it runs the command: the pipe closes itself then.
int outcome_of(int errors) {
    int error = 0;
    ssize_t got = 0;
    do {
        got = ::read(errors, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : 0;
}

}  // namespace

pid_t spawn_shell(const std::string& command, std::string_view input, int error_output,
                  const std::vector<std::string>& environment, const Guard& guard) {
    const NamelessFile file(input);
    auto variables = environment_of(environment);
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = command;
    char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    std::array<int, 2> errors{};
    if (::pipe2(errors.data(), O_CLOEXEC) != 0) {
        fail("start the command", errno);
    }
    const Call call{"/bin/sh",         arguments,    variables.data(),
                    file.descriptor(), error_output, errors[1]};
    const pid_t pid = ::fork();
    int error = pid < 0 ? errno : 0;
    if (pid == 0) {
        become(call, guard);
    }
    ::close(errors[1]);
    if (pid > 0 && (error = outcome_of(errors[0])) != 0) {
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
        }
        guard.leave(pid);
    }
    ::close(errors[0]);
    if (error != 0) {
        fail("start the command", error);
    }
    return pid;
}

}  // namespace pgqrs::cli
