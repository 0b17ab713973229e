#include "running_job.hpp"

#include <algorithm>

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
    again_in_ = delay;
}

Failed RunningJob::fail(const std::string& error, const FailOptions& options) {
    check_open();
    const Failed failed = consumer_.fail(message_, error, options);
    record(failed.result != FailureResult::lost, WorkEvent::Kind::failed);
    error_ = error;
    result_ = failed.result;
    again_in_ = retry_delay_of(failed, options.delay);
    return failed;
}

WorkEvent RunningJob::event(const std::string& error) const {
    return {finished_.value(), &message_, error_.empty() ? error : error_, again_in_, result_};
}

Duration retry_delay_of(const Failed& failed, const std::optional<Duration>& wanted) {
    if (failed.result != FailureResult::retrying) {
        return {};
    }
    return wanted ? *wanted : std::max(failed.retry_in.value_or(Duration()), Duration());
}

}  // namespace pgqrs
