#include "engine/queue_alone.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "engine/tables.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::engine {
namespace {

constexpr int kFirstTry = 10;  // ms
constexpr int kLongestTry = 640;
constexpr int kTries = 10;

using Names = std::span<const std::string_view>;

// What lock_timeout leaves of the time that may be spent waiting.
class TimeLeft {
public:
    // So many milliseconds, or what is left when that is less. Raises when nothing is left.
    int at_most(int milliseconds) const {
        if (timeout_ == 0) {
            return milliseconds;
        }
        const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begin_);
        if (spent.count() >= timeout_) {
            pg::raise_lock_timeout();
        }
        return std::min(milliseconds, timeout_ - static_cast<int>(spent.count()));
    }

private:
    const int timeout_ = pg::lock_timeout();
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Runs `code`, which waits for locks, for so many milliseconds at most; false when that was not enough, and
// what it did is undone. So it is when `keep` is false.
template <class Code>
bool within(int milliseconds, bool keep, Code code) {
    bool done = false;
    try {
        pg::try_in_subtransaction([&] {
            const pg::LockPatience patience(milliseconds);
            code();
            done = true;
            return keep;
        });
    } catch (const pg::Error& error) {
        if (!pg::is_lock_timeout(error)) {
            throw;
        }
    }
    return done;
}

bool try_to_hold(Names names, const AloneTerms& terms, int milliseconds) {
    try {
        return within(milliseconds, true, [&] {
            for (const std::string_view name : names) {
                pg::lock_name(find_table(kQueues), name, pg::LockMode::exclusive);
            }
            if (terms.lock_rows) {
                terms.lock_rows();
            }
            if (terms.work) {
                terms.work();
            }
        });
    } catch (const pg::Error& error) {
        // The wait finds a deadlock again, when it is one without this try.
        if (!pg::is_lock_failure(error)) {
            throw;
        }
        return false;
    }
}

// One that is still there after this long can have given the lock back with a savepoint.
int look_again() { return pg::deadlock_timeout() + 1000; }

void wait_for_holders(Names names, const AloneTerms& terms, const TimeLeft& time) {
    for (const std::string_view name : names) {
        const Oid queues = find_table(kQueues);
        for (const pg::LockHolder& holder : pg::holders_of_name(queues, name)) {
            while (!within(time.at_most(look_again()), false, [&] {
                pg::wait_for_end_of(holder);
            }) && pg::holds_name(holder, queues, name)) {
                terms.decide();
            }
        }
    }
    while (terms.lock_rows && !within(time.at_most(look_again()), false, terms.lock_rows)) {
        terms.decide();
    }
    if (terms.row_holders) {
        for (const TransactionId holder : terms.row_holders()) {
            while (!within(time.at_most(look_again()), false, [&] {
                pg::wait_for_end_of(holder);
            }) && pg::is_running(holder)) {
                terms.decide();
            }
        }
    }
}

[[noreturn]] void raise_busy(std::string_view name) {
    const std::string queue(name);
    pg::guard([&] {
        ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
                        errmsg("could not get queue \"%s\" alone", queue.c_str()),
                        errdetail("Transactions that use it follow each other without a gap."),
                        errhint("Try again while fewer or shorter transactions use the queue.")));
    });
    pg_unreachable();
}

[[noreturn]] void raise_rows_busy(std::string_view name) {
    const std::string queue(name);
    pg::guard([&] {
        ereport(ERROR,
                (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
                 errmsg("could not get all messages of queue \"%s\"", queue.c_str()),
                 errdetail("Transactions that hold some of them follow each other without a gap."),
                 errhint("Pause the queue, so that nobody takes more of them, and try again.")));
    });
    pg_unreachable();
}

// Answers false when all tries were in vain.
bool take_turns(Names names, const AloneTerms& terms) {
    const TimeLeft time;
    int milliseconds = kFirstTry;
    for (int tries = 1;; ++tries) {
        terms.decide();
        wait_for_holders(names, terms, time);
        if (try_to_hold(names, terms, time.at_most(milliseconds))) {
            return true;
        }
        if (tries == kTries) {
            return false;
        }
        milliseconds = std::min(2 * milliseconds, kLongestTry);
    }
}

}  // namespace

void hold_names_alone(Names names, const AloneTerms& terms) {
    if (!take_turns(names, terms)) {
        raise_busy(names.front());
    }
}

void hold_name_alone(std::string_view name, const AloneTerms& terms) {
    hold_names_alone({&name, 1}, terms);
}

void change_rows_alone(std::string_view name, const AloneTerms& terms) {
    if (!take_turns({}, terms)) {
        raise_rows_busy(name);
    }
}

}  // namespace pgqrs::engine
