#include "lease_keeper.hpp"

#include <algorithm>

#include "backoff.hpp"
#include "core/duration.hpp"

namespace pgqrs {
namespace {

// A message whose lease is not known (there always is one after a delivery) is treated as if it were this long.
constexpr Duration kUnknownLease = std::chrono::seconds(30);
// The other leases must not suffer from a server that does not answer...
constexpr Duration kConnectionTimeout = std::chrono::seconds(5);
// ...or from a message that somebody has locked.
constexpr Duration kLongestLockWait = std::chrono::seconds(1);
constexpr Duration kFirstPause = std::chrono::milliseconds(20);
constexpr Duration kLongestPause = std::chrono::seconds(5);

LeaseKeeper::Clock::duration steady(Duration duration) {
    return std::chrono::duration_cast<LeaseKeeper::Clock::duration>(duration);
}

}  // namespace

LeaseKeeper::Held::Held(LeaseKeeper& keeper, std::int64_t id, int read_ct, Duration length,
                        Clock::time_point arrived)
    : keeper_(keeper),
      id_(id),
      read_ct_(read_ct),
      length_(length),
      due_(arrived + steady(length_) / 3),
      end_((arrived + steady(length_)).time_since_epoch().count()) {}

LeaseKeeper::Held::~Held() {
    const std::lock_guard lock(keeper_.mutex_);
    keeper_.held_.remove(this);
}

LeaseKeeper::LeaseKeeper(const Config& config, std::string queue, bool extend)
    : queue_(std::move(queue)), extend_(extend) {
    if (extend_) {
        Config own = config;
        own.connection_timeout = std::min(own.connection_timeout, kConnectionTimeout);
        connection_.emplace(own);
        connection_->stop_with(&ending_stop_);
        thread_ = std::thread([this] { run(); });
    }
}

LeaseKeeper::~LeaseKeeper() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        ending_stop_.request();
        changed_.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::unique_ptr<LeaseKeeper::Held> LeaseKeeper::hold(std::int64_t id, int read_ct,
                                                     std::optional<Duration> length,
                                                     Clock::time_point arrived) {
    std::unique_ptr<Held> held(
        new Held(*this, id, read_ct, length.value_or(kUnknownLease), arrived));
    const std::lock_guard lock(mutex_);
    held->serial_ = ++serials_;
    held_.push_back(held.get());
    changed_.notify_all();
    return held;
}

// The one to extend first; null without any.
LeaseKeeper::Held* LeaseKeeper::next_due() {
    Held* first = nullptr;
    for (Held* const held : held_) {
        if (!held->lost_.load() && (first == nullptr || held->due_ < first->due_)) {
            first = held;
        }
    }
    return first;
}

void LeaseKeeper::run() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        Held* const next = next_due();
        if (next == nullptr) {
            changed_.wait(lock);
        } else if (Clock::now() < next->due_) {
            // A copy: the job may end while we sleep, and wait_until() looks at its argument afterwards.
            const auto due = next->due_;
            changed_.wait_until(lock, due);
        } else {
            extend(lock, *next);
        }
    }
}

LeaseKeeper::Held* LeaseKeeper::find(std::uint64_t serial) {
    const auto found = std::find_if(held_.begin(), held_.end(),
                                    [&](const Held* held) { return held->serial_ == serial; });
    return found == held_.end() ? nullptr : *found;
}

// The round trip is made without the mutex; meanwhile the job may end, and finishing it makes the extension do nothing.
void LeaseKeeper::extend(std::unique_lock<std::mutex>& lock, const Held& due) {
    const auto serial = due.serial_;
    const auto id = due.id_;
    const auto length = due.length_;
    const auto read_ct = due.read_ct_;
    lock.unlock();
    const auto asked = Clock::now();
    const auto extended = ask_server(id, length, read_ct);
    lock.lock();
    Held* const held = find(serial);
    if (held == nullptr) {
        return;
    }
    if (!extended) {
        held->due_ =
            Clock::now() + steady(std::clamp(length / 6, kFirstPause,
                                             backoff(failures_, kFirstPause, kLongestPause)));
    } else if (*extended) {
        held->due_ = asked + steady(length) / 3;
        held->end_.store((asked + steady(length)).time_since_epoch().count());
    } else {
        held->lost_.store(true);
    }
}

// nullopt: could not ask; to be tried again.
std::optional<bool> LeaseKeeper::ask_server(std::int64_t id, Duration by, int read_ct) {
    try {
        if (!connection_->usable()) {
            connection_->reopen();
        }
        const bool extended =
            Consumer(*connection_, queue_)
                .extend_without_waiting(id, std::max(by, Duration(core::kMinVisibility)), read_ct,
                                        std::min(by / 10, kLongestLockWait));
        failures_ = 0;
        return extended;
    } catch (const std::exception&) {
        ++failures_;
        return std::nullopt;
    }
}

}  // namespace pgqrs
