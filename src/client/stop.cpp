#include "pgqrs/client/stop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "pgqrs/client/error.hpp"

namespace pgqrs {
namespace {

// What the signal handler may touch: set while a StopOnSignals lives.
std::atomic<Stop*> stop_of_signals{nullptr};
struct sigaction old_interrupt;
struct sigaction old_terminate;

extern "C" void pgqrs_on_signal(int signal) {
    Stop* const stop = stop_of_signals.load();
    if (stop == nullptr || stop->requested()) {
        // The second one: as if it had never been caught.
        ::signal(signal, SIG_DFL);
        ::raise(signal);
        return;
    }
    stop->request();
}

// A signal that is ignored (nohup, a background job of a shell without job control) stays so.
void catch_unless_ignored(int signal, const struct sigaction& action, struct sigaction& old) {
    sigaction(signal, nullptr, &old);
    if (old.sa_handler != SIG_IGN) {
        sigaction(signal, &action, nullptr);
    }
}

}  // namespace

Stop::Stop() : process_(getpid()) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        throw Error(
            Error::Parts{"", std::string("could not make a pipe: ") + std::strerror(errno)});
    }
    read_end_ = ends[0];
    write_end_ = ends[1];
}

Stop::~Stop() {
    close(read_end_);
    close(write_end_);
}

void Stop::request() noexcept {
    const int saved = errno;
    if (getpid() == process_ && !requested_.exchange(true)) {
        [[maybe_unused]] const auto written = write(write_end_, "", 1);
    }
    errno = saved;
}

bool Stop::wait_for(Duration duration) const noexcept {
    constexpr Duration longest = std::chrono::hours(24 * 366);
    const auto end = std::chrono::steady_clock::now() + std::min(duration, longest);
    while (!requested()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            break;
        }
        pollfd entry{read_end_, POLLIN, 0};
        poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 3'600'000)));
    }
    return requested();
}

StopOnSignals::StopOnSignals(Stop& stop) {
    stop_of_signals.store(&stop);
    struct sigaction action {};
    action.sa_handler = pgqrs_on_signal;
    sigemptyset(&action.sa_mask);
    catch_unless_ignored(SIGINT, action, old_interrupt);
    catch_unless_ignored(SIGTERM, action, old_terminate);
}

StopOnSignals::~StopOnSignals() {
    sigaction(SIGINT, &old_interrupt, nullptr);
    sigaction(SIGTERM, &old_terminate, nullptr);
    stop_of_signals.store(nullptr);
}

}  // namespace pgqrs
