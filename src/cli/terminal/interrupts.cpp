// Signals in steps.
#include "cli/terminal/interrupts.hpp"

#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace pgqrs::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// What the handler may touch: set while an Interrupts lives.
std::atomic<Stop*> stop_of_first{nullptr};
std::atomic<Stop*> stop_of_second{nullptr};
std::atomic<int> received{0};
std::array<struct sigaction, kSignals.size()> before;

extern "C" void pgqrs_cli_on_signal(int) {
    const int saved = errno;
    Stop* const stop = (++received == 1 ? stop_of_first : stop_of_second).load();
    if (stop != nullptr) {
        stop->request();
    }
    errno = saved;
}

}  // namespace

Interrupts::Interrupts(Stop& stop, Stop& abort) {
    received = 0;
    stop_of_first = &stop;
    stop_of_second = &abort;
    struct sigaction action {};
    action.sa_handler = pgqrs_cli_on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (std::size_t at = 0; at < kSignals.size(); ++at) {
        sigaction(kSignals[at], nullptr, &before[at]);
        if (before[at].sa_handler != SIG_IGN) {
            sigaction(kSignals[at], &action, nullptr);
        }
    }
}

Interrupts::~Interrupts() {
    for (std::size_t at = 0; at < kSignals.size(); ++at) {
        sigaction(kSignals[at], &before[at], nullptr);
    }
    stop_of_first = nullptr;
    stop_of_second = nullptr;
}

int Interrupts::count() noexcept { return received.load(); }

}  // namespace pgqrs::cli
