#include "engine/table.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "engine/access.hpp"
#include "pg/catalog.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

bool has_type(const FormData_pg_attribute& attribute, Oid type) {
    return attribute.atttypid == type ||
           (type == ANYENUMOID ? get_typtype(attribute.atttypid) == TYPTYPE_ENUM
                               : getBaseType(attribute.atttypid) == type);
}

// The place of the column in the spec; the number of columns when it is none of ours.
std::size_t place_of(const TableSpec& spec, const char* name) {
    std::size_t place = 0;
    while (place < spec.columns.size() && (spec.columns[place].name == nullptr ||
                                           std::strcmp(spec.columns[place].name, name) != 0)) {
        ++place;
    }
    return place;
}

// What read_message() reads.
constexpr Places kMessageParts = places(
    MessageColumn::id, MessageColumn::queue_id, MessageColumn::priority, MessageColumn::flags,
    MessageColumn::read_ct, MessageColumn::enqueued_at, MessageColumn::available_at,
    MessageColumn::vt, MessageColumn::delivered_at, MessageColumn::attempt,
    MessageColumn::given_back, MessageColumn::expires_at, MessageColumn::worker_id);

// Everything that can be different from the spec.
enum class Mismatch { none, no_table, no_column, other_type };
struct Finding {
    Mismatch mismatch = Mismatch::none;
    std::size_t place = 0;
    Oid found_type = InvalidOid;
};

// Numbers the columns; sets `extra` when the table has others, or generated ones.
Finding find_columns(TupleDesc shape, const TableSpec& spec, Table* table, bool* extra) {
    for (int i = 0; i < shape->natts; ++i) {
        const FormData_pg_attribute& attribute = *TupleDescAttr(shape, i);
        if (attribute.attisdropped) {
            continue;
        }
        const std::size_t place = place_of(spec, NameStr(attribute.attname));
        *extra = *extra || place == spec.columns.size() || attribute.attgenerated != '\0';
        if (place == spec.columns.size()) {
            continue;
        }
        if (!has_type(attribute, spec.columns[place].type)) {
            return {Mismatch::other_type, place, attribute.atttypid};
        }
        table->numbers[place] = attribute.attnum;
        if (spec.claimable && (kMessageParts & places(place)) != 0) {
            table->message_width = std::max(table->message_width, attribute.attnum);
        }
    }
    for (std::size_t place = 0; place < spec.columns.size(); ++place) {
        if (spec.columns[place].name != nullptr && !table->has(place)) {
            return {Mismatch::no_column, place, InvalidOid};
        }
    }
    return {};
}

// Whether the index is a valid B-tree of all rows on these columns, ascending.
bool is_on(Relation index, std::span<const AttrNumber> columns) {
    const Form_pg_index form = index->rd_index;
    bool same = form->indisvalid && index->rd_rel->relam == BTREE_AM_OID &&
                form->indnkeyatts == static_cast<int>(columns.size()) &&
                heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, nullptr);
    for (std::size_t i = 0; same && i < columns.size(); ++i) {
        same = form->indkey.values[i] == columns[i] && index->rd_indoption[i] == 0;
    }
    return same;
}

// Finds the indexes by what they are, not by their names: an index that is rebuilt under another name
// serves as well.
void find_indexes(Relation relation, Table* table) {
    const AttrNumber id = table->numbers[MessageColumn::id];
    AttrNumber order[4];
    std::size_t count = 0;
    for (const auto place : {MessageColumn::queue_id, MessageColumn::priority,
                             MessageColumn::available_at, MessageColumn::id}) {
        if (table->spec->claimable && table->has(place)) {
            order[count++] = table->numbers[place];
        }
    }
    List* indexes = RelationGetIndexList(relation);
    ListCell* cell;
    foreach (cell, indexes) {
        Relation index = index_open(lfirst_oid(cell), AccessShareLock);
        if (count > 0 && !OidIsValid(table->order_index) && is_on(index, {order, count})) {
            table->order_index = RelationGetRelid(index);
        }
        if (!OidIsValid(table->key_index) && index->rd_index->indisunique &&
            index->rd_index->indimmediate && is_on(index, {&id, 1})) {
            table->key_index = RelationGetRelid(index);
        }
        index_close(index, AccessShareLock);
    }
    list_free(indexes);
}

// Triggers of others, and those of foreign keys and deferred constraints.
bool has_foreign_triggers(const TriggerDesc* triggers, const TableSpec& spec) {
    for (int i = 0; triggers != nullptr && i < triggers->numtriggers; ++i) {
        const Trigger& trigger = triggers->triggers[i];
        if (!TRIGGER_FOR_TRUNCATE(trigger.tgtype) && !calls(trigger, spec, spec.journal_trigger) &&
            !calls(trigger, spec, spec.queue_trigger)) {
            return true;
        }
    }
    return false;
}

// Compares the table, which is locked, with the spec. Below a guard.
Finding examine(const TableSpec& spec, Oid oid, Table* table) {
    *table = {};
    table->spec = &spec;
    table->relation = oid;
    if (spec.columns.size() > kMaxColumns) {
        elog(ERROR, "table %s has more columns than the engine has room for", spec.name);
    }
    Relation relation = table_open(oid, NoLock);
    Finding finding;
    if (relation->rd_rel->relkind != RELKIND_RELATION) {
        finding.mismatch = Mismatch::no_table;
    } else {
        const TupleDesc shape = RelationGetDescr(relation);
        bool extra = false;
        finding = find_columns(shape, spec, table, &extra);
        table->plain = !extra && (shape->constr == nullptr || shape->constr->num_check == 0) &&
                       !has_foreign_triggers(relation->trigdesc, spec);
        table->has_rules = relation->rd_rules != nullptr;
        table->has_row_security = relation->rd_rel->relrowsecurity;
        table->may_have_children = relation->rd_rel->relhassubclass;
        if (finding.mismatch == Mismatch::none) {
            find_indexes(relation, table);
        }
    }
    table_close(relation, NoLock);
    return finding;
}

void report(const TableSpec& spec, const Finding& finding) {
    // Some tables are known without their columns.
    const char* column = spec.columns.empty() ? "" : spec.columns[finding.place].name;
    switch (finding.mismatch) {
        case Mismatch::none:
            return;
        case Mismatch::no_table:
            ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                            errmsg("\"%s.%s\" is not an ordinary table", spec.schema, spec.name)));
        case Mismatch::no_column:
            ereport(ERROR,
                    (errcode(ERRCODE_UNDEFINED_COLUMN),
                     errmsg("table \"%s.%s\" has no column \"%s\"", spec.schema, spec.name, column),
                     errhint("Select from pgqrs.verify() to see what it should have.")));
        case Mismatch::other_type:
            ereport(ERROR,
                    (errcode(ERRCODE_DATATYPE_MISMATCH),
                     errmsg("column \"%s\" of table \"%s.%s\" has type %s", column, spec.schema,
                            spec.name, format_type_be(finding.found_type)),
                     errhint("Select from pgqrs.verify() to see what type it should have.")));
    }
}

// What examine() found, until the table changes. Lives as long as the backend.
struct Known {
    bool complete;  // the table was examined and is as the spec says
    bool current;   // and has not been changed since
    Table table;
};
using Tables = std::unordered_map<Oid, Known>;
constinit Tables* tables = nullptr;

// A backend that uses ever new tables forgets them all now and then.
constexpr std::size_t kMostTables = 1024;

// PostgreSQL calls this in the middle of anything. It must not raise, throw or allocate.
void forget(Datum, Oid relation) {
    if (relation == InvalidOid) {
        for (auto& [oid, known] : *tables) {
            known.current = false;
        }
    } else if (const auto found = tables->find(relation); found != tables->end()) {
        found->second.current = false;
    }
}

Known& known_table(Oid relation) {
    if (tables == nullptr) {
        tables = new Tables;
        pg::guard([] { CacheRegisterRelcacheCallback(forget, Datum{0}); });
    }
    if (tables->size() > kMostTables) {
        tables->clear();
    }
    return (*tables)[relation];
}

// What is known of the table, which is locked. Calls on_finding(finding) after it had to be examined.
template <class OnFinding>
const Known& bring_up_to_date(const TableSpec& spec, Oid relation, OnFinding on_finding) {
    Known& known = known_table(relation);
    if (!known.complete || !known.current || known.table.spec != &spec) {
        known.complete = false;
        known.current = true;
        const Finding finding = pg::guard([&] { return examine(spec, relation, &known.table); });
        known.complete = finding.mismatch == Mismatch::none;
        on_finding(finding);
    }
    return known;
}

LOCKMODE lock_for(Purpose purpose) {
    return purpose == Purpose::look ? AccessShareLock : RowExclusiveLock;
}

Oid lock_table(const TableSpec& spec, LOCKMODE mode) {
    Oid held = InvalidOid;
    // It can be dropped, and made again, while we wait for the lock. If nothing has been heard of any
    // change meanwhile, it has not.
    for (;;) {
        const std::uint64_t heard = SharedInvalidMessageCounter;
        const Oid oid = find_table(spec);
        if (oid == held) {
            return oid;
        }
        pg::guard([&] {
            if (OidIsValid(held)) {
                UnlockRelationOid(held, mode);
            }
            LockRelationOid(oid, mode);
        });
        if (heard == SharedInvalidMessageCounter) {
            return oid;
        }
        held = oid;
    }
}

const char* describe(Oid catalog, Oid object) {
    const ObjectAddress address{catalog, object, 0};
    return getObjectDescription(&address, false);
}

const char* describe_rule(Relation relation, CmdType command) {
    for (int i = 0; relation->rd_rules != nullptr && i < relation->rd_rules->numLocks; ++i) {
        const RewriteRule* rule = relation->rd_rules->rules[i];
        if (rule->event == command && rule->enabled != RULE_DISABLED) {
            return describe(RewriteRelationId, rule->ruleId);
        }
    }
    return nullptr;
}

void refuse(const char* object, const char* why, const char* hint) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("cannot bypass %s", object),
                    errdetail("%s", why), errhint("%s", hint)));
}

// get(number, null) answers the value of a column by its number.
template <class Get>
core::Message message_of(const Table& table, Get get) {
    using Place = MessageColumn;
    const auto datum = [&](std::size_t place) {
        bool null;
        return get(table.numbers[place], null);
    };
    const auto instant = [&](std::size_t place) {
        bool null = true;
        const Datum value = table.has(place) ? get(table.numbers[place], null) : Datum{0};
        return null ? core::kBeginning : DatumGetTimestampTz(value);
    };
    const auto number = [&](std::size_t place) {
        bool null = true;
        const Datum value = table.has(place) ? get(table.numbers[place], null) : Datum{0};
        return null ? std::int64_t{0} : DatumGetInt64(value);
    };
    return {
        .id = DatumGetInt64(datum(Place::id)),
        .queue_id = table.has(Place::queue_id) ? DatumGetInt32(datum(Place::queue_id))
                                               : table.spec->sole_queue,
        .priority = table.has(Place::priority) ? DatumGetInt16(datum(Place::priority)) : 0,
        .read_ct = table.has(Place::read_ct) ? DatumGetInt32(datum(Place::read_ct)) : 0,
        .given_back = table.has(Place::given_back) ? DatumGetInt32(datum(Place::given_back)) : 0,
        .flags = table.has(Place::flags) ? DatumGetInt16(datum(Place::flags)) : std::int16_t{0},
        .attempt =
            table.has(Place::attempt) ? DatumGetInt16(datum(Place::attempt)) : std::int16_t{0},
        .enqueued_at = instant(Place::enqueued_at),
        .available_at = instant(Place::available_at),
        .lease_end = instant(Place::vt),
        .delivered_at = instant(Place::delivered_at),
        .expires_at = instant(Place::expires_at),
        .worker_id = number(Place::worker_id)};
}

}  // namespace

Table hold_table(const TableSpec& spec, Purpose purpose, const Access& access) {
    const Oid oid = lock_table(spec, lock_for(purpose));
    // With the lock, changes of the table have been heard of, and no more can come.
    Table table = bring_up_to_date(spec, oid, [&](const Finding& finding) {
                      pg::guard([&] { report(spec, finding); });
                  }).table;
    table.access = access;
    return table;
}

Oid find_table(const TableSpec& spec) { return pg::relation_oid(spec.schema, spec.name); }

bool look_at_table(const TableSpec& spec, Oid relation, Table* table) {
    const Known& known = bring_up_to_date(spec, relation, [](const Finding&) {});
    *table = known.table;
    return known.complete;
}

void require_key_index(const Table& table) {
    if (!OidIsValid(table.key_index)) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                 errmsg("table \"%s.%s\" has no valid unique index on \"%s\"", table.spec->schema,
                        table.spec->name, table.spec->columns[MessageColumn::id].name),
                 errhint("Select from pgqrs.verify() to see what it should be.")));
    }
}

void require_direct_access(const Table& table, Relation relation, CmdType command) {
    if (table.has_rules) {
        if (const char* rule = describe_rule(relation, command)) {
            refuse(rule, "The functions write the table directly, where a rule does not apply.",
                   "Use a trigger instead of the rule.");
        }
    }
    if (table.has_row_security &&
        check_enable_rls(table.relation, InvalidOid, true) == RLS_ENABLED) {
        refuse(
            psprintf("row-level security of %s", describe(RelationRelationId, table.relation)),
            psprintf("Its policies apply to role \"%s\". The functions work on the table directly, "
                     "where a policy is not looked at.",
                     GetUserNameFromId(GetUserId(), false)),
            "Let the call be made by a role that the policies do not apply to.");
    }
    if (table.may_have_children && has_subclass(table.relation)) {
        List* children = find_inheritance_children(table.relation, NoLock);
        if (children != NIL) {
            refuse(psprintf("child %s", describe(RelationRelationId, linitial_oid(children))),
                   "The functions work on the parent table only, so its rows would never be found.",
                   "Remove the inheritance with ALTER TABLE ... NO INHERIT.");
        }
    }
}

bool calls(const Trigger& trigger, const TableSpec& spec, const char* name) {
    if (name == nullptr ||
        get_func_namespace(trigger.tgfoid) != get_namespace_oid(spec.schema, true)) {
        return false;
    }
    const char* called = get_func_name(trigger.tgfoid);
    return called != nullptr && std::strcmp(called, name) == 0;
}

core::Message read_message(TupleTableSlot* slot, const Table& table) {
    // All at once: reading a row column by column takes it apart again and again.
    slot_getsomeattrs(slot, table.message_width);
    return message_of(table, [&](AttrNumber number, bool& null) {
        null = slot->tts_isnull[number - 1];
        return slot->tts_values[number - 1];
    });
}

core::Message read_message(HeapTuple row, TupleDesc shape, const Table& table) {
    return message_of(table, [&](AttrNumber number, bool& null) {
        return heap_getattr(row, number, shape, &null);
    });
}

void take_ids(const Table& table, std::span<std::int64_t> ids) {
    const Oid sequence = pg::relation_oid(table.spec->schema, table.spec->sequence);
    require_sequence(table, sequence);
    pg::guard([&] {
        for (std::int64_t& id : ids) {
            id = nextval_internal(sequence, false);
        }
    });
}

std::int64_t take_identity(const TableSpec& spec) {
    const Oid sequence = pg::relation_oid(spec.schema, spec.sequence);
    return pg::guard([&] { return nextval_internal(sequence, false); });
}

}  // namespace pgqrs::engine
