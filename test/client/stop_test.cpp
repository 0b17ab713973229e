// Requests to stop: from threads and signals.
#include "support.hpp"

#include <atomic>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using pgqrs::Stop;
using pgqrs::StopOnSignals;

namespace {

bool readable(int descriptor) {
    pollfd entry{descriptor, POLLIN, 0};
    return poll(&entry, 1, 0) == 1;
}

// What becomes of a process that gets the signal `times` times while a StopOnSignals lives. 0: it went on.
int fate_of_process(int signal, int times) {
    const pid_t child = fork();
    if (child == 0) {
        ::signal(signal, SIG_DFL);
        Stop stop;
        const StopOnSignals signals(stop);
        for (int i = 0; i < times; ++i) {
            raise(signal);
        }
        _exit(stop.requested() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a request is seen by all, and stays") {
    Stop stop;
    CHECK_FALSE(stop.requested());
    CHECK_FALSE(readable(stop.descriptor()));
    CHECK_FALSE(stop.wait_for(1ms));
    stop.request();
    stop.request();
    CHECK(stop.requested());
    CHECK(readable(stop.descriptor()));
    CHECK(stop.wait_for(1h));
    CHECK(readable(stop.descriptor()));
}

TEST_CASE("a request from another thread ends waiting at once") {
    Stop stop;
    std::atomic<bool> waiting{false};
    std::thread other([&] {
        test::eventually([&] { return waiting.load(); });
        stop.request();
    });
    waiting = true;
    const auto start = std::chrono::steady_clock::now();
    CHECK(stop.wait_for(1h));
    CHECK(std::chrono::steady_clock::now() - start < 20s);
    other.join();
}

TEST_CASE("SIGTERM and SIGINT request, and a second one ends the process") {
    for (const int signal : {SIGTERM, SIGINT}) {
        CHECK(fate_of_process(signal, 1) == 0);
        CHECK(fate_of_process(signal, 2) == signal);
    }
}

TEST_CASE("afterwards the signals do what they did before") {
    struct sigaction before {};
    struct sigaction after {};
    sigaction(SIGTERM, nullptr, &before);
    {
        Stop stop;
        const StopOnSignals signals(stop);
        sigaction(SIGTERM, nullptr, &after);
        CHECK(after.sa_handler != before.sa_handler);
    }
    sigaction(SIGTERM, nullptr, &after);
    CHECK(after.sa_handler == before.sa_handler);
}

TEST_CASE("stops leave no descriptors open") {
    const int before = test::open_descriptors();
    for (int i = 0; i < 100; ++i) {
        Stop stop;
        stop.request();
    }
    CHECK(test::open_descriptors() == before);
}
