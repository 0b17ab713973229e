#include "engine/prepared.hpp"

#include "engine/marks.hpp"
#include "engine/notify.hpp"
#include "engine/tables.hpp"
#include "pg/catalog.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

// A queue that asks for NOTIFY.
struct Loud {
    QueueKey key;
    char name[NAMEDATALEN];
};

struct LoudQueues {
    Loud* all = nullptr;
    int count = 0;
    int room = 0;

    // May raise.
    Loud& add() {
        if (count == room) {
            room = room == 0 ? 64 : room * 2;
            const Size size = sizeof(Loud) * room;
            all = static_cast<Loud*>(all == nullptr ? palloc(size) : repalloc(all, size));
        }
        return all[count++];
    }
};

// Reads the table itself: the committing role needs no rights on it. May raise.
void read_queues(Relation queues, Oid messages, LoudQueues* loud) {
    const Oid oid = RelationGetRelid(queues);
    const AttrNumber id = get_attnum(oid, "id");
    const AttrNumber name = get_attnum(oid, "name");
    const AttrNumber notify = get_attnum(oid, "notify");
    TupleTableSlot* row = table_slot_create(queues, nullptr);
    // As for a catalogue: it is of now, and the transaction, which does nothing else, does not become
    // one that can fail to serialize.
    Snapshot snapshot = RegisterSnapshot(GetCatalogSnapshot(oid));
    TableScanDesc scan = table_beginscan(queues, snapshot, 0, nullptr);
    while (table_scan_getnextslot(scan, ForwardScanDirection, row)) {
        bool null;
        if (DatumGetBool(slot_getattr(row, notify, &null)) && !null) {
            Loud& queue = loud->add();
            queue.key = {MyDatabaseId, messages, DatumGetInt32(slot_getattr(row, id, &null))};
            text_to_cstring_buffer(DatumGetTextPP(slot_getattr(row, name, &null)), queue.name,
                                   sizeof queue.name);
        }
    }
    table_endscan(scan);
    UnregisterSnapshot(snapshot);
    ExecDropSingleTupleTableSlot(row);
}

LoudQueues loud_queues() {
    return pg::guard([] {
        LoudQueues loud;
        // The transaction may have been the one that created the extension.
        AcceptInvalidationMessages();
        const Oid schema = get_namespace_oid(kSchema, true);
        const Oid messages =
            OidIsValid(schema) ? get_relname_relid(kMessages.name, schema) : InvalidOid;
        if (!OidIsValid(messages) || !OidIsValid(get_extension_oid(kSchema, true))) {
            return loud;
        }
        Relation queues = try_table_open(get_relname_relid(kQueues.name, schema), AccessShareLock);
        if (queues != nullptr) {
            // A cancel request would come too late for the commit, and take the notices only.
            HOLD_INTERRUPTS();
            read_queues(queues, messages, &loud);
            RESUME_INTERRUPTS();
            table_close(queues, NoLock);
        }
        return loud;
    });
}

}  // namespace

void prepared_transaction_ended(bool committed) {
    distrust_marks();
    if (!committed) {
        return;
    }
    const LoudQueues loud = loud_queues();
    for (int i = 0; i < loud.count; ++i) {
        QueueMarks queue{.key = loud.all[i].key};
        if (promise_notice(queue, loud.all[i].name)) {
            leave_notice(queue);
        } else {
            notify_at_commit(loud.all[i].name);
        }
    }
}

}  // namespace pgqrs::engine
