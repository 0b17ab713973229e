#include "pg/top_level.hpp"

#include "pg/procedure.hpp"

namespace pgqrs::pg {
namespace {

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

MemoryContext make_memory(MemoryContext parent) {
    return AllocSetContextCreate(parent, "pgqrs attempt", ALLOCSET_DEFAULT_SIZES);
}

}  // namespace

TopLevel::TopLevel() {
    guard([&] {
        StartTransactionCommand();
        // Procedures that commit keep their memory and snapshots in the portal that runs them.
        portal_ = CreatePortal("", true, true);
        portal_->visible = false;
        portal_->status = PORTAL_ACTIVE;
        ActivePortal = portal_;
        PortalContext = portal_->portalContext;
        outside_ = portal_->portalContext;
        memory_ = make_memory(outside_);
        MemoryContextSwitchTo(outside_);
    });
}

TopLevel::TopLevel(FunctionCallInfo info, const char* name) {
    require_own_transactions(info, name);
    guard([&] {
        if (SPI_inside_nonatomic_context() || ActivePortal == nullptr) {
            ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                            errmsg("%s cannot run inside another procedure", name),
                            errhint("Call it from the client.")));
        }
        portal_ = ActivePortal;
        outside_ = CurrentMemoryContext;
        memory_ = make_memory(PortalContext);
    });
}

void TopLevel::begin_transaction() {
    StartTransactionCommand();
    MemoryContextSwitchTo(outside_);
}

void TopLevel::commit() {
    guard([&] {
        const MemoryContext before = CurrentMemoryContext;
        ForgetPortalSnapshots();
        CommitTransactionCommand();
        StartTransactionCommand();
        MemoryContextSwitchTo(before);
    });
}

void TopLevel::enter(Isolation isolation) {
    PortalContext = memory_;
    MemoryContextSwitchTo(memory_);
    if (isolation == Isolation::read_committed && !FirstSnapshotSet) {
        XactIsoLevel = XACT_READ_COMMITTED;
    }
    guard([] { EnsurePortalSnapshotExists(); });
}

void TopLevel::leave() {
    ActivePortal = portal_;
    PortalContext = portal_->portalContext;
    MemoryContextSwitchTo(outside_);
    guard([&] { MemoryContextReset(memory_); });
}

// As PostgresMain() does it.
void TopLevel::recover() {
    guard([&] {
        HOLD_INTERRUPTS();
        ActivePortal = portal_;
        portal_->portalSnapshot = nullptr;
        AbortOutOfAnyTransaction();
        PortalErrorCleanup();
        jit_reset_after_error();
        RESUME_INTERRUPTS();
        begin_transaction();
    });
}

Failure TopLevel::describe_current_failure() {
    PlainError error;
    error.describe_current();
    if (error.postgres == nullptr) {
        return {error.code, error.message, error.detail, error.hint, ""};
    }
    const ErrorData& data = *error.postgres;
    return {unpack_sql_state(data.sqlerrcode), text_or_empty(data.message),
            text_or_empty(data.detail), text_or_empty(data.hint), text_or_empty(data.context)};
}

std::optional<Value> TopLevel::call(const std::string& command,
                                    std::initializer_list<Value> values) {
    Value result{};
    const bool any = guard([&] {
        SPI_connect_ext(SPI_OPT_NONATOMIC);
        ParamListInfo list = makeParamList(static_cast<int>(values.size()));
        int i = 0;
        for (const Value& value : values) {
            list->params[i++] = {value.datum, value.null, PARAM_FLAG_CONST, value.type};
        }
        SPIExecuteOptions options{};
        options.params = list;
        options.allow_nonatomic = true;
        const int code = SPI_execute_extended(command.c_str(), &options);
        if (code < 0) {
            elog(ERROR, "SPI failed: %s", SPI_result_code_string(code));
        }
        const bool has_row = SPI_processed == 1 && SPI_tuptable != nullptr;
        if (has_row) {
            const TupleDesc shape = SPI_tuptable->tupdesc;
            result.datum = SPI_getbinval(SPI_tuptable->vals[0], shape, 1, &result.null);
            result.type = SPI_gettypeid(shape, 1);
            if (!result.null) {
                const Form_pg_attribute attribute = TupleDescAttr(shape, 0);
                result.datum =
                    SPI_datumTransfer(result.datum, attribute->attbyval, attribute->attlen);
            }
        }
        SPI_finish();
        return has_row;
    });
    return any ? std::optional(result) : std::nullopt;
}

void TopLevel::finish() {
    guard([&] {
        ForgetPortalSnapshots();
        portal_->status = PORTAL_DONE;
        ActivePortal = nullptr;
        PortalContext = nullptr;
        MemoryContextSwitchTo(TopMemoryContext);
        PortalDrop(portal_, false);
        CommitTransactionCommand();
    });
}

}  // namespace pgqrs::pg
