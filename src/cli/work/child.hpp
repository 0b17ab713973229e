// A shell command in a process group of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "cli/work/error_output.hpp"
#include "cli/work/guard.hpp"
#include "pgqrs/client/stop.hpp"
#include "pgqrs/client/time.hpp"

namespace pgqrs::cli {

class Child {
public:
    // Starts `sh -c command`. Its stdin is a file with `input`, so that nobody waits for it to be read; stdout is
    // ours, and what it writes to stderr goes on to ours. environment: NAME=VALUE, in addition to ours. Goes with us when we are killed. Raises Failure.
    Child(const std::string& command, std::string_view input,
          const std::vector<std::string>& environment, const Guard& guard);
    ~Child();  // ends it, if it has not ended
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // Waits until it has ended (true), the time is over, or `wake` is requested.
    bool wait_for(Duration time, const Stop& wake);
    // Sends the signal to the group.
    void signal_group(int number) noexcept;
    // Whether processes of the group are left once it has ended itself.
    bool group_lives() const;

    bool exited() const noexcept;  // by itself, not by a signal
    int exit_code() const noexcept;
    // "exit code 3", "killed by signal 9 (Killed)"
    std::string how_it_ended() const;
    // Of its stderr.
    std::string last_lines() const { return errors_.last_lines(); }

private:
    bool reap(int flags) noexcept;

    const Guard& guard_;
    ErrorOutput errors_;
    pid_t pid_ = -1;
    int descriptor_ = -1;  // readable when it has ended; -1 where the system has no such thing
    bool ended_ = false;
    int status_ = 0;
};

}  // namespace pgqrs::cli
