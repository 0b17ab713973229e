#include "pg/procedure.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {

void require_own_transactions(FunctionCallInfo info, const char* name) {
    guard([&] {
        const bool called = info->context != nullptr && IsA(info->context, CallContext);
        if (called && IsSubTransaction()) {
            ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                            errmsg("%s cannot run inside a subtransaction", name),
                            errdetail("A block with an EXCEPTION clause is one.")));
        }
        if (!called || castNode(CallContext, info->context)->atomic) {
            ereport(
                ERROR,
                (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                 errmsg("%s cannot run inside a transaction block", name),
                 errdetail("Neither can it in a function, in a procedure with a SET clause or with "
                           "SECURITY DEFINER, or by EXECUTE."),
                 errhint("Call it in autocommit mode.")));
        }
        // A commit would take along, for good, what the client has put before the CALL and not synchronised yet.
        if ((MyXactFlags & XACT_FLAGS_PIPELINING) != 0) {
            ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                            errmsg("%s cannot follow other statements in a pipeline", name),
                            errhint("Send a Sync before it.")));
        }
    });
}

Datum procedure_result(FunctionCallInfo info, std::span<const Value> values) {
    return guard([&] {
        TupleDesc shape;
        if (get_call_result_type(info, nullptr, &shape) != TYPEFUNC_COMPOSITE ||
            shape->natts != static_cast<int>(values.size())) {
            elog(ERROR, "procedure with other output arguments");
        }
        shape = BlessTupleDesc(shape);
        auto* datums = static_cast<Datum*>(palloc(values.size() * sizeof(Datum)));
        auto* nulls = static_cast<bool*>(palloc(values.size() * sizeof(bool)));
        for (std::size_t i = 0; i < values.size(); ++i) {
            datums[i] = values[i].datum;
            nulls[i] = values[i].null;
        }
        return HeapTupleGetDatum(heap_form_tuple(shape, datums, nulls));
    });
}

Procedure::Procedure(FunctionCallInfo info, const char* name) : info_(info) {
    require_own_transactions(info, name);
    guard([&] {
        if (SPI_connect_ext(SPI_OPT_NONATOMIC) < 0) {
            elog(ERROR, "SPI_connect_ext failed");
        }
    });
}

void Procedure::commit() {
    guard([] { SPI_commit(); });
}

Datum Procedure::result(std::span<const Value> values) {
    const Datum row = procedure_result(info_, values);
    return guard([&] {
        // The row lies in the memory that goes with the connection.
        const Datum kept = SPI_datumTransfer(row, false, -1);
        SPI_finish();
        return kept;
    });
}

Datum Procedure::done() {
    guard([] { SPI_finish(); });
    return Datum{0};
}

}  // namespace pgqrs::pg
