#include "engine/row_writer.hpp"

#include <algorithm>

#include "engine/access.hpp"

namespace pgqrs::engine {

// The columns of others, and what fills them in a new row.
struct DefaultColumns {
    struct Column {
        AttrNumber number;
        Oid type;
        bool is_domain;
        ExprState* value;  // null: none
    };
    int count;
    Column columns[FLEXIBLE_ARRAY_MEMBER];
};

namespace {

const char* command_name(CmdType type) {
    return type == CMD_INSERT ? "INSERT" : type == CMD_UPDATE ? "UPDATE" : "DELETE";
}

void make_estate(RowWriter& writer) {
    if (writer.estate == nullptr) {
        writer.estate = CreateExecutorState();
        writer.estate->es_snapshot = writer.snapshot;
        writer.estate->es_output_cid = writer.command;
    }
}

// Takes the trigger away that would note once more what the writer's caller notes. The copy belongs to
// the target.
void drop_journal_trigger(TriggerDesc* triggers, const TableSpec& spec) {
    Trigger* const end = triggers->triggers + triggers->numtriggers;
    Trigger* const kept = std::remove_if(triggers->triggers, end, [&](const Trigger& trigger) {
        return calls(trigger, spec, spec.journal_trigger);
    });
    triggers->numtriggers = static_cast<int>(kept - triggers->triggers);
}

// With the executor's view of the table: triggers look at the columns that are written, and at names
// for their messages.
void make_full_target(RowWriter& writer, Places written) {
    Bitmapset* columns = nullptr;
    for (std::size_t place = 0; place < writer.table->spec->columns.size(); ++place) {
        if ((written & places(place)) != 0 && writer.table->has(place)) {
            columns = bms_add_member(
                columns, writer.table->numbers[place] - FirstLowInvalidHeapAttributeNumber);
        }
    }
    pg::compat::init_range_table(writer.estate, writer.relation, columns);
    writer.target = makeNode(ResultRelInfo);
    InitResultRelInfo(writer.target, writer.relation, 1, nullptr, 0);
    if (writer.target->ri_TrigDesc != nullptr) {
        drop_journal_trigger(writer.target->ri_TrigDesc, *writer.table->spec);
    }
    writer.estate->es_opened_result_relations =
        lappend(writer.estate->es_opened_result_relations, writer.target);
    writer.recheck = static_cast<EPQState*>(palloc0(sizeof(EPQState)));
    writer.transition = MakeTransitionCaptureState(writer.target->ri_TrigDesc,
                                                   RelationGetRelid(writer.relation), writer.type);
}

bool is_ours(const Table& table, AttrNumber number) {
    const AttrNumber* const end = table.numbers + table.spec->columns.size();
    return std::find(table.numbers, end, number) != end;
}

void find_defaults(RowWriter& writer) {
    const TupleDesc shape = RelationGetDescr(writer.relation);
    auto* defaults = static_cast<DefaultColumns*>(
        palloc(offsetof(DefaultColumns, columns) + shape->natts * sizeof(DefaultColumns::Column)));
    defaults->count = 0;
    for (int i = 0; i < shape->natts; ++i) {
        const FormData_pg_attribute& attribute = *TupleDescAttr(shape, i);
        if (attribute.attisdropped || attribute.attgenerated != '\0' ||
            is_ours(*writer.table, attribute.attnum)) {
            continue;
        }
        auto* value =
            reinterpret_cast<Expr*>(build_column_default(writer.relation, attribute.attnum));
        defaults->columns[defaults->count++] = {
            attribute.attnum, attribute.atttypid, get_typtype(attribute.atttypid) == TYPTYPE_DOMAIN,
            value == nullptr ? nullptr : ExecPrepareExpr(value, writer.estate)};
    }
    writer.defaults = defaults;
}

void fill_defaults(RowWriter& writer, TupleTableSlot* row) {
    ExprContext* context = GetPerTupleExprContext(writer.estate);
    for (int i = 0; i < writer.defaults->count; ++i) {
        const DefaultColumns::Column& column = writer.defaults->columns[i];
        Datum& datum = row->tts_values[column.number - 1];
        bool& null = row->tts_isnull[column.number - 1];
        datum = Datum{0};
        null = true;
        if (column.value != nullptr) {
            datum = ExecEvalExprSwitchContext(column.value, context, &null);
        } else if (column.is_domain) {
            domain_check(datum, null, column.type, nullptr, nullptr);
        }
    }
}

void fire_before_statement(RowWriter& writer) {
    if (writer.type == CMD_INSERT) {
        ExecBSInsertTriggers(writer.estate, writer.target);
    } else if (writer.type == CMD_UPDATE) {
        ExecBSUpdateTriggers(writer.estate, writer.target);
    } else {
        ExecBSDeleteTriggers(writer.estate, writer.target);
    }
}

void fire_after_statement(RowWriter& writer) {
    if (writer.type == CMD_INSERT) {
        ExecASInsertTriggers(writer.estate, writer.target, writer.transition);
    } else if (writer.type == CMD_UPDATE) {
        ExecASUpdateTriggers(writer.estate, writer.target, writer.transition);
    } else {
        ExecASDeleteTriggers(writer.estate, writer.target, writer.transition);
    }
}

void begin_full(RowWriter& writer, Places written) {
    make_estate(writer);
    AfterTriggerBeginQuery();
    const MemoryContext outside = MemoryContextSwitchTo(writer.estate->es_query_cxt);
    make_full_target(writer, written);
    if (writer.type != CMD_DELETE) {
        ExecOpenIndices(writer.target, false);
    }
    if (writer.type == CMD_INSERT) {
        find_defaults(writer);
    }
    MemoryContextSwitchTo(outside);
    fire_before_statement(writer);
}

// A plain table needs the target for its indexes only.
void open_indexes(RowWriter& writer) {
    if (writer.target == nullptr) {
        make_estate(writer);
        const MemoryContext outside = MemoryContextSwitchTo(writer.estate->es_query_cxt);
        writer.target = pg::compat::index_target(writer.relation);
        ExecOpenIndices(writer.target, false);
        MemoryContextSwitchTo(outside);
    }
}

List* write_indexes(RowWriter& writer, TupleTableSlot* row, bool update,
                    pg::compat::IndexWork work) {
    if (work == pg::compat::IndexWork::none) {
        return NIL;
    }
    open_indexes(writer);
    return writer.target->ri_NumIndices == 0
               ? NIL
               : pg::compat::insert_index_tuples(writer.target, row, writer.estate, update, work);
}

// What comes before any row is written.
void complete_row(RowWriter& writer, TupleTableSlot* row) {
    row->tts_tableOid = RelationGetRelid(writer.relation);
    const TupleConstr* constraints = RelationGetDescr(writer.relation)->constr;
    if (constraints == nullptr) {
        return;
    }
    if (!writer.table->plain && constraints->has_generated_stored) {
        ExecComputeStoredGenerated(writer.target, writer.estate, row, writer.type);
    }
    // A plain table is updated in columns of ours only, which hold what they must.
    if (!writer.table->plain || writer.type == CMD_INSERT) {
        open_indexes(writer);
        ExecConstraints(writer.target, row, writer.estate);
    }
}

bool insert_with_triggers(RowWriter& writer, TupleTableSlot* row) {
    fill_defaults(writer, row);
    row->tts_tableOid = RelationGetRelid(writer.relation);
    const TriggerDesc* triggers = writer.target->ri_TrigDesc;
    if (triggers != nullptr && triggers->trig_insert_before_row &&
        !ExecBRInsertTriggers(writer.estate, writer.target, row)) {
        return false;
    }
    complete_row(writer, row);
    table_tuple_insert(writer.relation, row, writer.command, 0, nullptr);
    List* recheck = write_indexes(writer, row, false, pg::compat::IndexWork::all);
    ExecARInsertTriggers(writer.estate, writer.target, row, recheck, writer.transition);
    list_free(recheck);
    return true;
}

Written written(TM_Result result, const TM_FailureData& failure, const RowWriter& writer) {
    switch (result) {
        case TM_Ok:
            return Written::done;
        case TM_Updated:
            return Written::outdated;
        case TM_Deleted:
            return Written::gone;
        case TM_SelfModified:
            // Right for an id that comes twice. Otherwise a trigger got in between.
            if (failure.cmax != writer.command) {
                ereport(ERROR, (errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
                                errmsg("a trigger changed the row that was to be changed"),
                                errhint("Use an AFTER trigger to pass changes on to other rows.")));
            }
            return Written::own_command;
        default:
            elog(ERROR, "unrecognized tuple status: %d", static_cast<int>(result));
    }
}

}  // namespace

RowWriter begin_writing(const Table& table, CmdType type, Places written) {
    RowWriter writer{};
    PreventCommandIfReadOnly(command_name(type));
    require_privileges(table,
                       type == CMD_INSERT   ? ACL_INSERT
                       : type == CMD_UPDATE ? ACL_UPDATE
                                            : ACL_DELETE,
                       type == CMD_INSERT ? all_places(table.spec->columns.size()) : written);
    writer.table = &table;
    writer.relation = table_open(table.relation, RowExclusiveLock);
    writer.type = type;
    require_direct_access(table, writer.relation, type);
    CheckCmdReplicaIdentity(writer.relation, type);
    writer.snapshot = ActiveSnapshotSet() ? GetActiveSnapshot() : nullptr;
    writer.command = GetCurrentCommandId(true);
    if (!table.plain) {
        begin_full(writer, written);
    }
    return writer;
}

void end_writing(RowWriter& writer) {
    if (!writer.table->plain) {
        fire_after_statement(writer);
        AfterTriggerEndQuery(writer.estate);
    }
    if (writer.estate != nullptr) {
        ExecResetTupleTable(writer.estate->es_tupleTable, false);
        if (!writer.table->plain) {
            ExecCloseResultRelations(writer.estate);
            ExecCloseRangeTableRelations(writer.estate);
        } else if (writer.target != nullptr) {
            ExecCloseIndices(writer.target);
        }
        FreeExecutorState(writer.estate);
    }
    table_close(writer.relation, NoLock);
}

bool insert_rows(RowWriter& writer, TupleTableSlot** rows, int count, BulkInsertState bulk) {
    if (!writer.table->plain) {
        for (int i = 0; i < count; ++i) {
            if (!insert_with_triggers(writer, rows[i])) {
                return false;
            }
            ResetPerTupleExprContext(writer.estate);
        }
        return true;
    }
    for (int i = 0; i < count; ++i) {
        complete_row(writer, rows[i]);
    }
    if (count == 1) {
        table_tuple_insert(writer.relation, rows[0], writer.command, 0, bulk);
    } else {
        table_multi_insert(writer.relation, rows, count, writer.command, 0, bulk);
    }
    for (int i = 0; i < count; ++i) {
        list_free(write_indexes(writer, rows[i], false, pg::compat::IndexWork::all));
        ResetPerTupleExprContext(writer.estate);
    }
    return true;
}

bool must_lock_first(const RowWriter& writer) { return !writer.table->plain; }

Written update_row(RowWriter& writer, ItemPointer place, TupleTableSlot* row) {
    row->tts_tableOid = RelationGetRelid(writer.relation);
    if (!writer.table->plain && writer.target->ri_TrigDesc != nullptr &&
        writer.target->ri_TrigDesc->trig_update_before_row &&
        !pg::compat::fire_before_update(writer.estate, writer.recheck, writer.target, place, row)) {
        return Written::suppressed;
    }
    complete_row(writer, row);
    TM_FailureData failure;
    pg::compat::IndexWork work;
    const TM_Result result = pg::compat::try_update_row(writer.relation, place, row, writer.command,
                                                        writer.snapshot, &failure, &work);
    if (result == TM_Ok) {
        List* recheck = write_indexes(writer, row, true, work);
        if (!writer.table->plain) {
            ExecARUpdateTriggers(writer.estate, writer.target, nullptr, nullptr, place, nullptr,
                                 row, recheck, writer.transition, false);
        }
        list_free(recheck);
        if (writer.estate != nullptr) {
            ResetPerTupleExprContext(writer.estate);
        }
    }
    return written(result, failure, writer);
}

Written delete_row(RowWriter& writer, ItemPointer place) {
    if (!writer.table->plain && writer.target->ri_TrigDesc != nullptr &&
        writer.target->ri_TrigDesc->trig_delete_before_row &&
        !pg::compat::fire_before_delete(writer.estate, writer.recheck, writer.target, place)) {
        return Written::suppressed;
    }
    TM_FailureData failure;
    const TM_Result result =
        table_tuple_delete(writer.relation, place, writer.command, writer.snapshot, InvalidSnapshot,
                           true, &failure, false);
    if (result == TM_Ok && !writer.table->plain) {
        ExecARDeleteTriggers(writer.estate, writer.target, place, nullptr, writer.transition,
                             false);
    }
    return written(result, failure, writer);
}

void copy_row(TupleTableSlot* to, TupleTableSlot* from) {
    ExecClearTuple(to);
    slot_getallattrs(from);
    const std::size_t width = from->tts_tupleDescriptor->natts;
    std::copy_n(from->tts_values, width, to->tts_values);
    std::copy_n(from->tts_isnull, width, to->tts_isnull);
    ExecStoreVirtualTuple(to);
}

void set_value(TupleTableSlot* row, const Table& table, std::size_t place, const pg::Value& value) {
    if (table.has(place)) {
        row->tts_values[table.numbers[place] - 1] = value.datum;
        row->tts_isnull[table.numbers[place] - 1] = value.null;
    }
}

void fill_row(TupleTableSlot* slot, const Table& table, const pg::Value* cells) {
    ExecClearTuple(slot);
    std::fill_n(slot->tts_isnull, slot->tts_tupleDescriptor->natts, true);
    for (std::size_t place = 0; place < table.spec->columns.size(); ++place) {
        set_value(slot, table, place, cells[place]);
    }
    ExecStoreVirtualTuple(slot);
}

}  // namespace pgqrs::engine
