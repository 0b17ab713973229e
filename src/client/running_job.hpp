// A job as its handler sees it, and what became of the message.
#pragma once

#include <functional>
#include <optional>

#include "lease_keeper.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/work.hpp"

namespace pgqrs {

class RunningJob : public Job {
public:
    RunningJob(Consumer& consumer, const Message& message, const LeaseKeeper::Held& lease,
               const Stop& stop)
        : consumer_(consumer), message_(message), lease_(lease), stop_(stop) {}

    const Message& message() const override { return message_; }
    bool lease_lost() const override { return lease_.lost(); }
    bool stopping() const override { return stop_.requested(); }
    Connection& connection() override { return consumer_.connection(); }

    void finish(const std::function<void(Connection&)>& effects) override;
    void archive() override;
    void remove() override;
    void release(Duration delay) override;
    Failed fail(const std::string& error, const FailOptions& options) override;

    // What the handler itself did with the message: archived, removed, released or failed.
    std::optional<WorkEvent::Kind> finished() const { return finished_; }
    // The event of that; `error` is what the handler threw.
    WorkEvent event(const std::string& error) const;

private:
    void record(bool done, WorkEvent::Kind kind);
    void check_open() const;

    Consumer& consumer_;
    const Message& message_;
    const LeaseKeeper::Held& lease_;
    const Stop& stop_;
    std::optional<WorkEvent::Kind> finished_;
    Duration again_in_{};
    std::string error_;  // given to fail()
    FailureResult result_ = FailureResult::retrying;
};

// How long a failed message waits for its next delivery; `wanted` is the delay that was asked for.
Duration retry_delay_of(const Failed& failed, const std::optional<Duration>& wanted);

}  // namespace pgqrs
