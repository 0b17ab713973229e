#include "pg/procedure.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {

Procedure::Procedure(FunctionCallInfo info, const char* name) : info_(info) {
    guard([&] {
        const bool called = info->context != nullptr && IsA(info->context, CallContext);
        if (!called || castNode(CallContext, info->context)->atomic) {
            ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                            errmsg("%s cannot run inside a transaction block", name),
                            errhint("Call it in autocommit mode.")));
        }
        // A commit would take along, for good, what the client has put before the CALL and not synchronised yet.
        if ((MyXactFlags & XACT_FLAGS_PIPELINING) != 0) {
            ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                            errmsg("%s cannot follow other statements in a pipeline", name),
                            errhint("Send a Sync before it.")));
        }
        if (SPI_connect_ext(SPI_OPT_NONATOMIC) < 0) {
            elog(ERROR, "SPI_connect_ext failed");
        }
    });
}

void Procedure::commit() {
    guard([] { SPI_commit(); });
}

Datum Procedure::result(const Value& value) {
    return guard([&] {
        SPI_finish();
        TupleDesc shape;
        if (get_call_result_type(info_, nullptr, &shape) != TYPEFUNC_COMPOSITE) {
            elog(ERROR, "procedure without output arguments");
        }
        shape = BlessTupleDesc(shape);
        Datum datum = value.datum;
        bool null = value.null;
        return HeapTupleGetDatum(heap_form_tuple(shape, &datum, &null));
    });
}

}  // namespace pgqrs::pg
