// Locking single messages by their id without changing them, and looking at them as they are by now.
//
// Both see the newest version in every isolation level, as foreign keys do: what is decided by it holds
// for others, too. A locked row cannot be delivered before the transaction ends, which then looks whether
// somebody has to be told of it (journal.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/message.hpp"
#include "engine/table.hpp"

namespace pgqrs::engine {

// As SELECT ... FOR has them; each is stronger than the one before.
enum class RowLock { key_share, share, no_key_update, update };

// What to do when somebody else has the row: wait for him, or leave it.
enum class OnLocked { wait, skip };

// The message; nothing when there is none. It asks for no privilege: what the caller shows of it is his to
// check.
std::optional<core::Message> look_at_row(const Table& table, std::int64_t id);

// Locks the message, and answers how it is then; nothing when it is gone, or left. Raises 42501 without
// SELECT and UPDATE.
std::optional<core::Message> lock_row(const Table& table, std::int64_t id, RowLock lock,
                                      OnLocked on_locked);

// The same for several, in the order of the ids; those that are gone or left do not come back.
std::vector<core::Message> lock_rows(const Table& table, std::span<const std::int64_t> ids,
                                     RowLock lock, OnLocked on_locked);

}  // namespace pgqrs::engine
