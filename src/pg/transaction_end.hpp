// Being told when transactions and subtransactions end.
#pragma once

#include <cstdint>

namespace pgqrs::pg {

using SubtransactionId = std::uint32_t;

// The one running now; the transaction itself counts as one.
SubtransactionId current_subtransaction();

// What to call. None of them may throw or raise: a commit cannot be taken back. After a commit and
// after a rollback other backends see the outcome already, and the locks are still held.
struct TransactionEnd {
    void (*committed)() noexcept;
    void (*aborted)() noexcept;
    void (*prepared)() noexcept;
    void (*subtransaction_committed)(SubtransactionId id, SubtransactionId parent) noexcept;
    void (*subtransaction_aborted)(SubtransactionId id) noexcept;
};

// Call once in a process.
void watch_transaction_end(const TransactionEnd& calls);

}  // namespace pgqrs::pg
