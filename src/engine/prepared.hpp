// The end of a prepared transaction. Nothing of ours runs in it, and it can come after a restart, so
// nobody knows any more what the transaction did to messages.
#pragma once

namespace pgqrs::engine {

// Call when the command that ended it has been carried out, in the same transaction. Nothing known of
// the database's queues holds any more, and after a commit the listeners of each queue are told, since
// it may have added messages to any.
void prepared_transaction_ended(bool committed);

}  // namespace pgqrs::engine
