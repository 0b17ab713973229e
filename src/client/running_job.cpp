#include "running_job.hpp"

#include "lease_lost.hpp"

namespace pgqrs {

void RunningJob::check_open() const {
    if (finished_) {
        throw Error(
            Error::Parts{"", "message " + std::to_string(message_.id) + " is finished already"});
    }
    if (consumer_.connection().in_transaction()) {
        throw Error(Error::Parts{"25001", "a transaction is open on the job's connection", "",
                                 "To finish a message together with other work, use finish()."});
    }
}

void RunningJob::record(bool done, WorkEvent::Kind kind) {
    if (!done) {
        throw_lease_lost(message_);
    }
    finished_ = kind;
}

void RunningJob::finish(const std::function<void(Connection&)>& effects) {
    check_open();
    Transaction transaction(connection());
    effects(connection());
    consumer_.archive_or_throw(message_);
    transaction.commit();
    finished_ = WorkEvent::Kind::archived;
}

void RunningJob::archive() {
    check_open();
    record(consumer_.archive(message_), WorkEvent::Kind::archived);
}

void RunningJob::remove() {
    check_open();
    record(consumer_.remove(message_), WorkEvent::Kind::removed);
}

void RunningJob::release(Duration delay) {
    check_open();
    record(consumer_.release(message_, delay), WorkEvent::Kind::released);
    released_for_ = delay;
}

}  // namespace pgqrs
