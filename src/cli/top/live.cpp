// The live screen of `pgqrs top`.
#include "cli/top/live.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace pgqrs::cli {
namespace {

// How long a change of the terminal's size can go unnoticed when its signal came at a bad moment.
constexpr Duration kLook = std::chrono::milliseconds(250);
constexpr Duration kLongestPause = std::chrono::seconds(10);

std::string clock_text() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    char text[16] = {};
    std::strftime(text, sizeof(text), "%H:%M:%S", &parts);
    return text;
}

// That it is called is enough: it ends poll().
extern "C" void pgqrs_cli_on_resize(int) {}

}  // namespace

TopLive::TopLive(Connection& connection, TopView view, const Stop& stop)
    : connection_(connection), view_(std::move(view)), stop_(stop) {
    ::signal(SIGWINCH, pgqrs_cli_on_resize);
}

void TopLive::sample() {
    try {
        if (!connection_.usable()) {
            connection_.reopen();
        }
        view_.rows = sampler_.sample(connection_);
        sort_rows(view_.rows, view_.order);
        view_.clock = clock_text();
        view_.trouble.clear();
        failures_ = 0;
        next_ = Clock::now() + view_.interval;
    } catch (const ConnectionError& error) {
        reconnect_later(error.message());
    } catch (const ServerError& error) {
        if (!error.retryable()) {
            throw;
        }
        reconnect_later(error.message());
    }
}

void TopLive::reconnect_later(const std::string& reason) {
    const Duration pause =
        std::min(kLongestPause, Duration(std::chrono::seconds(1 << std::min(failures_++, 4))));
    view_.trouble = "no connection, trying again: " + reason;
    next_ = Clock::now() + pause;
}

void TopLive::draw() {
    const Size size = terminal_.size();
    const std::size_t page = top_page(view_, size);
    const std::size_t last = view_.rows.size() > page ? view_.rows.size() - page : 0;
    view_.first = std::min(view_.first, last);
    auto lines = top_lines(view_, size);
    if (lines != shown_) {
        terminal_.draw(lines);
        shown_ = std::move(lines);
    }
}

void TopLive::scroll(Key key) {
    const std::size_t page = std::max<std::size_t>(1, top_page(view_, terminal_.size()));
    if (key == Key::up || key == Key::page_up) {
        view_.first -= std::min(view_.first, key == Key::up ? 1 : page);
    } else if (key == Key::down || key == Key::page_down) {
        view_.first += key == Key::down ? 1 : page;
    } else {
        view_.first = key == Key::first ? 0 : view_.rows.size();
    }
}

// False: quit.
bool TopLive::handle(Key key) {
    const auto order = static_cast<std::size_t>(view_.order);
    switch (key) {
        case Key::quit:
        case Key::gone:
            return false;
        case Key::pause:
            view_.paused = !view_.paused;
            break;
        case Key::sort:
            view_.order = static_cast<TopOrder>((order + 1) % top_order_names().size());
            sort_rows(view_.rows, view_.order);
            break;
        case Key::suspend:
            terminal_.suspend();
            shown_.clear();
            break;
        default:
            scroll(key);
    }
    return true;
}

bool TopLive::handle_keys() {
    for (const Key key : terminal_.keys()) {
        if (!handle(key)) {
            return false;
        }
    }
    return true;
}

void TopLive::run() {
    for (;;) {
        if (Clock::now() >= next_ && !view_.paused) {
            sample();
        }
        draw();
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - Clock::now());
        const auto pause = view_.paused ? kLook : std::clamp<Duration>(left, Duration(0), kLook);
        pollfd entries[] = {{stop_.descriptor(), POLLIN, 0}, {terminal_.input(), POLLIN, 0}};
        const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(pause).count();
        const int ready = ::poll(entries, 2, static_cast<int>(milliseconds));
        if (stop_.requested()) {
            throw Stopped();
        }
        if (ready > 0 && entries[1].revents != 0 && !handle_keys()) {
            return;
        }
    }
}

}  // namespace pgqrs::cli
