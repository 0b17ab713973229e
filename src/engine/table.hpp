// The tables that the engine writes: what it must know of each, checked against the catalogue.
//
// A TableSpec says what a table is called and which columns the code expects. hold_table() finds the
// table, locks it, compares it with the spec and answers a Table: the same in numbers. The answer is
// kept by relation until PostgreSQL says that the table has changed; each backend has its own.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/message.hpp"
#include "core/rights.hpp"
#include "pg/compat.hpp"
#include "pg/value.hpp"

namespace pgqrs::engine {

// A column as the code expects it. `type` is its type, or the type its domain is over; ANYENUMOID
// stands for any enum. A null name: this table has no such column.
struct Column {
    const char* name;
    Oid type;
};

// Where the objects of the extension are.
inline constexpr const char* kSchema = "pgqrs";
inline constexpr const char* kExtension = "pgqrs";

inline constexpr std::size_t kMaxColumns = 24;

// Places of columns in a spec, as a set.
using Places = std::uint32_t;
static_assert(kMaxColumns <= 32);

constexpr Places all_places(std::size_t count) { return (Places{1} << count) - 1; }
template <class... Place>
constexpr Places places(Place... place) {
    return ((Places{1} << place) | ...);
}

struct TableSpec {
    const char* schema;
    const char* name;
    // Gives ids; null when they come from elsewhere.
    const char* sequence;
    // By place. Those of a claimable table are in the order of MessageColumn.
    std::span<const Column> columns;
    // Whether its rows are messages: the table must have an index in the order of delivery, on
    // (queue_id, priority, available_at, id) as far as it has these columns.
    bool claimable;
    // The queue of all rows of a claimable table without a column for it.
    std::int32_t sole_queue = 0;
    // Trigger functions of the same schema, for rows that are written by hand: one notes rows in the
    // journal, the other holds their queue. Direct writes do both themselves.
    const char* journal_trigger = nullptr;
    const char* queue_trigger = nullptr;
};

// Places of a claimable table's columns. It has id and available_at; all others can be missing.
struct MessageColumn {
    enum Place : std::size_t {
        id,
        available_at,
        enqueued_at,
        queue_id,
        read_ct,
        priority,
        flags,
        attempt,
        given_back,
        vt,
        delivered_at,
        expires_at,
        worker_id,
        max_attempts,
        origin_id,
        parked_priority,
        waiting_for,
        headers,
        payload,
        count
    };
};

// On what grounds a caller may use a table who has no privileges on it: a grant of one of these rights
// on the queue. The name is the caller's, for errors.
struct Access {
    std::int32_t queue = 0;
    std::string_view name = {};
    core::Rights rights = core::Rights::none;
    // What is done follows from something that was allowed, and needs no right of its own.
    bool is_consequence = false;
};

// Plain data.
struct Table {
    const TableSpec* spec;
    Access access;
    Oid relation;
    Oid order_index;  // of a claimable table; InvalidOid when it has none that is valid
    Oid key_index;    // a valid unique index on the id alone; InvalidOid when there is none
    // Whether rows may be written bare: nobody put triggers, generated columns, CHECK constraints or
    // columns of his own on it.
    bool plain;
    bool has_rules;
    bool has_row_security;
    bool may_have_children;
    // By place: the column's number in the table, 0 when it has none.
    AttrNumber numbers[kMaxColumns];
    // The last of the columns that read_message() reads.
    AttrNumber message_width;

    bool has(std::size_t place) const { return numbers[place] != 0; }
};

// What the caller is going to do with the table. Looking is allowed on a standby.
enum class Purpose { look, write };

// Finds the table and locks it (ACCESS SHARE or ROW EXCLUSIVE) until the end of the transaction, so
// that nobody has dropped or altered it when this returns. Raises 42P01 when it is not there, 42703
// or 42804 when a column is missing or has another type, 0A000 when it is no ordinary table.
Table hold_table(const TableSpec& spec, Purpose purpose, const Access& access = {});

// The OID of the table; raises 42P01 when it is not there.
Oid find_table(const TableSpec& spec);

// The same for a table whose triggers are running, and so is locked; false when it is not as the
// spec says.
bool look_at_table(const TableSpec& spec, Oid relation, Table* table);

// The following run below a guard; they raise.

// Raises 0A000, and names the object, when writing the table directly would pass something over that
// the table's owner put on it: rules, row-level security that applies to the user, child tables.
void require_direct_access(const Table& table, Relation relation, CmdType command);

// Raises 55000 when the table has no index by which a row is found from its id.
void require_key_index(const Table& table);

// Whether the trigger calls the function `name` of the spec's schema.
bool calls(const Trigger& trigger, const TableSpec& spec, const char* name);

// The value of a column; null for a column that the table has not.
inline pg::Value value_at(TupleTableSlot* slot, const Table& table, std::size_t place) {
    pg::Value value{table.spec->columns[place].type, Datum{0}, true};
    if (table.has(place)) {
        value.datum = slot_getattr(slot, table.numbers[place], &value.null);
    }
    return value;
}

// The row as a message.
core::Message read_message(TupleTableSlot* slot, const Table& table);
core::Message read_message(HeapTuple row, TupleDesc shape, const Table& table);

// Takes the next ids from the table's sequence, one for each element; the caller needs USAGE on it, or a
// grant. Throws; not for below a guard.
void take_ids(const Table& table, std::span<std::int64_t> ids);

// Takes one as an identity column does: without any privilege on the sequence.
std::int64_t take_identity(const TableSpec& spec);

}  // namespace pgqrs::engine
