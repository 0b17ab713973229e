#include "pg/trigger.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

Value column_of(HeapTuple row, TupleDesc shape, const char* column) {
    return guard([&] {
        const int number = SPI_fnumber(shape, column);
        if (number <= 0) {
            elog(ERROR, "trigger on a table without column \"%s\"", column);
        }
        bool null;
        const Datum datum = heap_getattr(row, number, shape, &null);
        return Value{SPI_gettypeid(shape, number), datum, null};
    });
}

}  // namespace

Trigger::Trigger(FunctionCallInfo info) {
    guard([&] {
        if (!CALLED_AS_TRIGGER(info)) {
            ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                            errmsg("function can be called by a trigger only")));
        }
    });
    data_ = reinterpret_cast<TriggerData*>(info->context);
}

Oid Trigger::relation() const { return RelationGetRelid(data_->tg_relation); }

bool Trigger::is_row() const { return TRIGGER_FIRED_FOR_ROW(data_->tg_event); }

bool Trigger::is_before() const { return TRIGGER_FIRED_BEFORE(data_->tg_event); }

bool Trigger::is_insert() const { return TRIGGER_FIRED_BY_INSERT(data_->tg_event); }

bool Trigger::is_update() const { return TRIGGER_FIRED_BY_UPDATE(data_->tg_event); }

bool Trigger::is_delete() const { return TRIGGER_FIRED_BY_DELETE(data_->tg_event); }

Value Trigger::old_value(const char* column) const { return column_of(old_row(), shape(), column); }

HeapTuple Trigger::old_row() const { return data_->tg_trigtuple; }

HeapTuple Trigger::new_row() const {
    return is_update() ? data_->tg_newtuple : data_->tg_trigtuple;
}

TupleDesc Trigger::shape() const { return RelationGetDescr(data_->tg_relation); }

Datum Trigger::result() const { return PointerGetDatum(new_row()); }

Datum Trigger::result_with(const char* column, const Value& value) const {
    return guard([&] {
        int number = SPI_fnumber(shape(), column);
        if (number <= 0) {
            elog(ERROR, "trigger on a table without column \"%s\"", column);
        }
        Datum datum = value.datum;
        bool null = value.null;
        return PointerGetDatum(
            heap_modify_tuple_by_cols(new_row(), shape(), 1, &number, &datum, &null));
    });
}

Value Trigger::new_value(const char* column) const { return column_of(new_row(), shape(), column); }

}  // namespace pgqrs::pg
