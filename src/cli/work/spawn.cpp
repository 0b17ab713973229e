// Starting a shell. posix_spawn, because fork() in a program with threads allows the child next to nothing.
// All descriptors of ours but the standard ones close themselves.
#include "cli/work/spawn.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

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

// What is different in the child: the group, its stdin, and SIGPIPE, which we ignore.
struct Differences {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;

    explicit Differences(int input) {
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_init(&files);
        sigset_t defaults;
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
        posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    }
    ~Differences() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
    Differences(const Differences&) = delete;
    Differences& operator=(const Differences&) = delete;
};

}  // namespace

pid_t spawn_shell(const std::string& command, std::string_view input,
                  const std::vector<std::string>& environment) {
    const NamelessFile file(input);
    const Differences differences(file.descriptor());
    auto variables = environment_of(environment);
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = command;
    char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = -1;
    if (const int error = ::posix_spawn(&pid, "/bin/sh", &differences.files,
                                        &differences.attributes, arguments, variables.data())) {
        fail("start the command", error);
    }
    return pid;
}

}  // namespace pgqrs::cli
