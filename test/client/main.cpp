// Catch2's main program, and a clock for every test case: one that hangs must fail, and say which it was.
#if __has_include(<catch2/catch_session.hpp>)
#include "catch.hpp"
using ListenerBase = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_RUNNER
#include "catch.hpp"
using ListenerBase = Catch::TestEventListenerBase;
#endif

#include <array>
#include <cstdlib>
#include <cstring>

#include <signal.h>
#include <unistd.h>

namespace {

constexpr unsigned kSecondsForATest = 240;
std::array<char, 400> current{};

void on_alarm(int) {
    [[maybe_unused]] const auto written =
        write(STDERR_FILENO, current.data(), std::strlen(current.data()));
    _exit(3);
}

class Clock : public ListenerBase {
public:
    using ListenerBase::ListenerBase;
    void testCaseStarting(const Catch::TestCaseInfo& info) override {
        const std::string text = "\nthis test hangs: " + std::string(info.name) + "\n";
        std::strncpy(current.data(), text.c_str(), current.size() - 1);
        alarm(kSecondsForATest);
    }
    void testCaseEnded(const Catch::TestCaseStats&) override { alarm(0); }
};

CATCH_REGISTER_LISTENER(Clock)

}  // namespace

int main(int argc, char** argv) {
    // What the caller's environment says about pgqrs means nothing here.
    for (const char* const name :
         {"PGQRS_DSN", "DATABASE_URL", "PGQRS_MAX_CONNECTIONS", "PGQRS_CONNECTION_TIMEOUT",
          "PGQRS_DEFAULT_LOCK_TIME", "PGQRS_DEFAULT_BATCH_SIZE", "PGQRS_SCHEMA",
          "PGQRS_CONFIG_FILE"}) {
        unsetenv(name);
    }
    signal(SIGALRM, on_alarm);
    return Catch::Session().run(argc, argv);
}
