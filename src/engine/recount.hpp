// Counting a queue anew for the counts in shared memory (counts.hpp) while it is being used.
//
// A change must be counted in the tables or added by its transaction, never both and never neither.
// Between a commit that can be seen and what it adds there is a moment, so the counting must begin when
// no transaction is in it. Every transaction that changes rows of a queue holds the queue until it has
// added its change: by the queue's name (queue_cache.hpp), or by its number when the rows are
// changed by hand (journal.hpp). So with both held alone for a moment,
//
//   what has been committed before can be seen by a snapshot taken now, and has been added: it is
//       counted, and the counts are zeroed;
//   what is committed later cannot be seen by it, and is added to zero.
//
// After that moment everybody goes on, and the counting takes its time.
#pragma once

#include "engine/marks.hpp"
#include "engine/table.hpp"

namespace pgqrs::engine {

// Answers whether the counts are known now. Not when others hold the queue for longer than
// `lock_patience` (ms), or count it, or when it is gone. Everybody who comes to the queue while we wait for
// its locks waits behind us. The transaction under way must not have changed it, and works in
// READ COMMITTED. Call inside with_spi().
bool recount(QueueMarks& queue, const Access& access, int lock_patience);

}  // namespace pgqrs::engine
