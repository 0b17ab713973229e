// A request to stop, made from another thread or from a signal handler, that ends waiting at once.
//
// Owner is the caller; it must live longer than what was given it.
//
// Threads: all functions of Stop may be called by several threads at a time; request() also by a signal handler.
// StopOnSignals is made and destroyed by one thread.
// ABI: both change inside with minor versions.
#pragma once

#include <atomic>

#include "pgqrs/client/time.hpp"

namespace pgqrs {

class Stop {
public:
    Stop();  // raises Error when the process has no file descriptors left
    ~Stop();
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

    // May be called from any thread and from a signal handler, and more than once.
    void request() noexcept;
    bool requested() const noexcept { return requested_.load(); }
    // Becomes readable when stopping was requested, and stays so: for poll().
    int descriptor() const noexcept { return read_end_; }

    // Waits until requested or the time is over; true: requested.
    bool wait_for(Duration duration) const noexcept;

private:
    const int process_;  // a forked child shares the pipe and must not write into it
    std::atomic<bool> requested_{false};
    int read_end_ = -1;
    int write_end_ = -1;
};

// While it lives, SIGINT and SIGTERM request the stop; a second one of them ends the process as usual. One at a time in a
// process.
class StopOnSignals {
public:
    explicit StopOnSignals(Stop& stop);
    ~StopOnSignals();
    StopOnSignals(const StopOnSignals&) = delete;
    StopOnSignals& operator=(const StopOnSignals&) = delete;
};

}  // namespace pgqrs
