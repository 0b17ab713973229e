// The handler of `pgqrs work`: runs a shell command for a message, and its exit code decides what becomes of it.
//
//   0     done: archived, or deleted where that was asked for
//   75    not now (EX_TEMPFAIL of sysexits.h): given back, to be delivered again after the delay for retries
//   else  failed, as is being killed by a signal or the time limit: pgqrs.fail, whose error is that, and what the command wrote
//         to stderr last
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "cli/work/child.hpp"
#include "pgqrs/client/work.hpp"

namespace pgqrs::cli {

struct JobCommandOptions {
    std::string command;
    bool remove = false;  // instead of archiving
    std::optional<Duration> timeout = {};
    Duration grace = std::chrono::seconds(5);  // between SIGTERM and SIGKILL
    std::optional<Duration> retry_delay =
        {};  // of messages that are given back; without, the client library's
};

class JobCommand {
public:
    // abort: commands that run are ended at once, and their messages given back. on_wait: called once when commands
    // still run although the worker is to stop.
    JobCommand(JobCommandOptions options, const Guard& guard, const Stop& abort,
               std::function<void()> on_wait)
        : options_(std::move(options)),
          guard_(guard),
          abort_(abort),
          on_wait_(std::move(on_wait)) {}

    void operator()(Job& job);

private:
    enum class End { by_itself, timeout, lease_lost, aborted };
    End supervise(Child& child, const Job& job);
    void end_group(Child& child) const;
    void settle(Job& job, const Child& child) const;

    const JobCommandOptions options_;
    const Guard& guard_;
    const Stop& abort_;
    const std::function<void()> on_wait_;
    std::atomic<bool> waiting_{false};
};

}  // namespace pgqrs::cli
