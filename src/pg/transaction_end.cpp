#include "pg/transaction_end.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

TransactionEnd watcher;

void on_transaction_end(XactEvent event, void*) {
    switch (event) {
        case XACT_EVENT_COMMIT:
            watcher.committed();
            break;
        case XACT_EVENT_ABORT:
            watcher.aborted();
            break;
        case XACT_EVENT_PREPARE:
            watcher.prepared();
            break;
        default:
            break;
    }
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
                           void*) {
    if (event == SUBXACT_EVENT_COMMIT_SUB) {
        watcher.subtransaction_committed(id, parent);
    } else if (event == SUBXACT_EVENT_ABORT_SUB) {
        watcher.subtransaction_aborted(id);
    }
}

}  // namespace

SubtransactionId current_subtransaction() { return GetCurrentSubTransactionId(); }

void watch_transaction_end(const TransactionEnd& calls) {
    watcher = calls;
    guard([] {
        RegisterXactCallback(on_transaction_end, nullptr);
        RegisterSubXactCallback(on_subtransaction_end, nullptr);
    });
}

}  // namespace pgqrs::pg
