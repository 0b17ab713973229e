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

    // What the handler itself did with the message: archived, removed or released.
    std::optional<WorkEvent::Kind> finished() const { return finished_; }
    Duration released_for() const { return released_for_; }

private:
    void record(bool done, WorkEvent::Kind kind);
    void check_open() const;

    Consumer& consumer_;
    const Message& message_;
    const LeaseKeeper::Held& lease_;
    const Stop& stop_;
    std::optional<WorkEvent::Kind> finished_;
    Duration released_for_{};
};

}  // namespace pgqrs
