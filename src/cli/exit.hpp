// Exit codes, in one table, and which of them an error of the client library gets.
#pragma once

#include <array>
#include <string_view>

#include "pgqrs/client/error.hpp"

namespace pgqrs::cli {

enum class Exit : int {
    ok = 0,
    failed = 1,
    usage = 2,
    connection = 3,
    not_found = 4,
    rejected = 5,
    lease_lost = 6,
    faults = 7,
    jobs_failed = 8,
    run_failed = 9,
    run_active = 10,
    interrupted = 130,
    reader_gone = 141,
};

struct ExitEntry {
    Exit code;
    std::string_view meaning;
};

// For `pgqrs --help`; doc/cli.md has the same table, and a test compares the two.
inline constexpr std::array kExits = {
    ExitEntry{Exit::ok, "done; also when there was nothing to show"},
    ExitEntry{Exit::failed, "the server or the operating system refused"},
    ExitEntry{Exit::usage, "wrong command line or configuration; nothing was done"},
    ExitEntry{Exit::connection, "no connection, wrong password, or the connection was lost"},
    ExitEntry{Exit::not_found,
              "no such queue, message, worker, workflow or run, or pgqrs is not installed"},
    ExitEntry{Exit::rejected, "an argument, name or payload that pgqrs or PostgreSQL rejects"},
    ExitEntry{Exit::lease_lost, "the lease was lost: the message is gone or was delivered again"},
    ExitEntry{Exit::faults, "verify found faults"},
    ExitEntry{Exit::jobs_failed, "work ended by itself, and the command failed for some messages"},
    ExitEntry{Exit::run_failed, "run wait: the run failed, was cancelled or timed out"},
    ExitEntry{Exit::run_active, "run wait: the run had not ended when --timeout was over"},
    ExitEntry{Exit::interrupted, "interrupted: Ctrl-C or SIGTERM"},
    ExitEntry{Exit::reader_gone, "who reads the output has gone (`pgqrs ... | head`)"},
};

Exit exit_of(const Error& error);

}  // namespace pgqrs::cli
