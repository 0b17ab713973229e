// Getting queues, or all rows of one, for oneself without stopping them: for calls that administrate queues.
//
// Everybody who uses a queue holds its name by a shared lock (queue_cache.hpp). Whoever waits for the
// exclusive one makes everybody wait who comes later, however long the others take. So nobody waits for
// it for longer than a moment. It goes in turns:
//
//     decide   the caller refuses what it is going to refuse, before anybody has waited for anything
//     wait     for the transactions that hold the names, or rows, now to end, without asking for a lock:
//              meanwhile everybody else uses, pauses and alters the queues as always
//     try      ask for the locks and do the work, and give back and undo all of it when a lock cannot be had
//              within a moment: 10 ms at first, twice as long each time, up to 640 ms
//
// A try fails only when new holders came during the wait, and stay for longer than the try. As tries grow,
// one succeeds that lasts as long as the transactions that use the queue. After ten in vain the call fails
// with 55P03. lock_timeout bounds all turns together. A deadlock is found in the wait, which is longer than
// deadlock_timeout.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "pg/compat.hpp"

namespace pgqrs::engine {

struct AloneTerms {
    // Raises when the caller refuses. Runs before each try, and now and then during the wait.
    std::function<void()> decide = [] {};
    // Locks a few rows that the caller is going to change, so that it does not wait for them with the queue in
    // hand. Part of each wait, and of each try; its effects are undone, but for those of the last try.
    std::function<void()> lock_rows = nullptr;
    // The transactions that hold other rows which `work` is going to change (row_holders.hpp): for rows that are too
    // many to be locked in each wait.
    std::function<std::vector<TransactionId>()> row_holders = nullptr;
    // What is done with the queues in hand, as a part of the try: it can wait for locks that nobody could tell of.
    std::function<void()> work = nullptr;
};

// Until the end of the transaction nobody else holds queues of these names. They need not exist.
void hold_names_alone(std::span<const std::string_view> names, const AloneTerms& terms = {});
void hold_name_alone(std::string_view name, const AloneTerms& terms = {});

// Does the work in the same turns without holding the queue alone: for rows that everybody who uses it can lock.
void change_rows_alone(std::string_view name, const AloneTerms& terms);

}  // namespace pgqrs::engine
