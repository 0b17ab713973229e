// The live screen of `pgqrs top`.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/terminal/raw_terminal.hpp"
#include "cli/top/sample.hpp"
#include "cli/top/screen.hpp"
#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs::cli {

class TopLive {
public:
    // Takes the terminal over. The view says order, interval and colour.
    TopLive(Connection& connection, TopView view, const Stop& stop);

    // Until a key ends it. Raises Stopped, and ServerError for what does not get better; a lost connection is shown, and
    // opened again.
    void run();

private:
    using Clock = std::chrono::steady_clock;

    void sample();
    void reconnect_later(const std::string& reason);
    bool handle_keys();
    bool handle(Key key);
    void scroll(Key key);
    void draw();

    Connection& connection_;
    TopView view_;
    const Stop& stop_;
    TopSampler sampler_;
    RawTerminal terminal_;
    std::vector<std::string> shown_;
    Clock::time_point next_ = Clock::now();
    int failures_ = 0;
};

}  // namespace pgqrs::cli
