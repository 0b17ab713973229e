// The handler of `pgqrs work`.
#include "cli/work/job_command.hpp"

#include <signal.h>

#include <algorithm>

#include "cli/terminal/interrupts.hpp"
#include "pgqrs/client/error.hpp"

namespace pgqrs::cli {
namespace {

constexpr int kNotNow = 75;  // EX_TEMPFAIL
// How often to look whether the lease was lost.
constexpr Duration kLook = std::chrono::milliseconds(250);
constexpr Duration kLookAtGroup = std::chrono::milliseconds(20);
// How many signals we must get until commands are killed without grace.
constexpr int kImpatience = 3;

std::vector<std::string> environment_of(const Message& message) {
    return {"PGQRS_QUEUE=" + message.queue,
            "PGQRS_MESSAGE_ID=" + std::to_string(message.id),
            "PGQRS_READ_CT=" + std::to_string(message.read_ct),
            "PGQRS_TYPE=" + message.type(),
            "PGQRS_HEADERS=" + message.headers.value_or("{}"),
            "PGQRS_PRIORITY=" + std::to_string(message.priority),
            "PGQRS_ENQUEUED_AT=" + to_iso8601(message.enqueued_at)};
}

class JobFailed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// How it ended, and from the second line on what it said last.
std::string story_of(const std::string& reason, const Child& child) {
    const std::string last = child.last_lines();
    return reason + child.how_it_ended() + (last.empty() ? "" : "\n" + last);
}

}  // namespace

void JobCommand::operator()(Job& job) {
    const Message& message = job.message();
    Child child(options_.command, message.payload + "\n", environment_of(message), guard_);
    switch (supervise(child, job)) {
        case End::by_itself:
            settle(job, child);
            break;
        case End::aborted:
            job.release();
            break;
        case End::timeout:
            throw JobFailed(story_of("took longer than --timeout, ", child));
        case End::lease_lost:
            throw JobFailed("the lease was lost, " + child.how_it_ended());
    }
}

JobCommand::End JobCommand::supervise(Child& child, const Job& job) {
    using Clock = std::chrono::steady_clock;
    const auto started = Clock::now();
    for (;;) {
        auto pause = kLook;
        if (options_.timeout) {
            const auto left = *options_.timeout - (Clock::now() - started);
            pause = std::clamp(std::chrono::ceil<Duration>(left), Duration(0), kLook);
        }
        if (child.wait_for(pause, abort_)) {
            return End::by_itself;
        }
        const bool late = options_.timeout && Clock::now() - started >= *options_.timeout;
        if (abort_.requested() || job.lease_lost() || late) {
            end_group(child);
            return abort_.requested() ? End::aborted : late ? End::timeout : End::lease_lost;
        }
        if (job.stopping() && !waiting_.exchange(true)) {
            on_wait_();
        }
    }
}

// SIGTERM, and SIGKILL for what is left after the grace.
void JobCommand::end_group(Child& child) const {
    const Stop never;
    const auto end = std::chrono::steady_clock::now() + options_.grace;
    const auto waiting = [&] {
        return std::chrono::steady_clock::now() < end && Interrupts::count() < kImpatience;
    };
    child.signal_group(SIGTERM);
    child.signal_group(SIGCONT);  // one that is stopped would not notice
    while (waiting() && !child.wait_for(kLookAtGroup, never)) {
    }
    while (waiting() && child.group_lives()) {
        never.wait_for(kLookAtGroup);
    }
    child.signal_group(SIGKILL);
    while (!child.wait_for(kLook, never)) {
    }
}

void JobCommand::settle(Job& job, const Child& child) const {
    if (child.exited() && child.exit_code() == 0) {
        if (options_.remove) {
            job.remove();
        }
        return;
    }
    if (child.exited() && child.exit_code() == kNotNow) {
        job.release(options_.retry_delay.value_or(default_retry_delay(job.message())));
        return;
    }
    throw JobFailed(story_of("", child));
}

}  // namespace pgqrs::cli
